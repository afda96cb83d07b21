#pragma once

#include <string_view>

// Each gives a text of anybody's to one parser, and what came out of it to what would use it. Nothing is judged: only
// crashes, hangs and what the sanitizers see are findings.
namespace cacheproof::fuzz {

void scenario(std::string_view text);
/// A `build` that is a command line, as YAML holds it in lines of its own and as one quoted text.
void command_line(std::string_view text);
void dockerfile(std::string_view text);
/// A stream as tests/golden keeps them: the first line may be a comment with the Dockerfile and the target.
void status(std::string_view text);
void provenance(std::string_view text);
/// A manifest of a cache and, behind a line `---`, its config.
void manifest(std::string_view text);

} // namespace cacheproof::fuzz
