#include "builder/scratch.hpp"

#include "util/csv.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace cacheproof::builder {
namespace {

std::filesystem::path credential_file(const BuildRequest& request, std::string_view kind, std::size_t i) {
  return request.scratch / (std::string(kind) + "-" + std::to_string(i));
}

std::filesystem::path output_file(const BuildRequest& request, const std::string& dest) {
  return request.scratch / "output" / dest;
}

util::Status write_credentials(const BuildRequest& request, const std::vector<Credential>& all, std::string_view kind) {
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].text) CP_TRY(util::write_text(credential_file(request, kind, i), *all[i].text));
  return {};
}

} // namespace

util::Status prepare_scratch(const BuildRequest& request) {
  CP_TRY(util::remove_tree(request.scratch)); // the ref of an earlier build must not pass for this one's
  CP_TRY(util::make_directories(request.scratch));
  if (request.dockerfile_text) {
    CP_TRY(util::make_directories(inline_dockerfile(request).parent_path()));
    CP_TRY(util::write_text(inline_dockerfile(request), *request.dockerfile_text));
  }
  CP_TRY(write_credentials(request, request.secrets, "secret"));
  CP_TRY(write_credentials(request, request.ssh, "ssh"));
  for (const auto& entry : request.output)
    for (const auto& field : fields_of(entry))
      if (const auto [name, value] = attribute_of(field); name == "dest")
        CP_TRY(util::make_directories(output_file(request, value).parent_path()));
  return {};
}

std::filesystem::path ref_file(const BuildRequest& request) {
  return request.scratch / "ref";
}

std::filesystem::path inline_dockerfile(const BuildRequest& request) {
  return request.scratch / "dockerfile" / "Dockerfile";
}

void add_credentials(std::vector<std::string>& argv,
                     const BuildRequest& request,
                     const std::vector<Credential>& all,
                     std::string_view kind,
                     std::string_view field) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    argv.push_back("--" + std::string(kind));
    argv.push_back(all[i].words);
    if (all[i].text) argv.back() += std::string(field) + credential_file(request, kind, i).string();
  }
}

std::vector<std::string> fields_of(const std::string& entry) {
  return util::csv_fields(entry).value_or(std::vector<std::string>{entry});
}

std::pair<std::string, std::string> attribute_of(const std::string& field) {
  const auto equals = std::min(field.find('='), field.size());
  return {util::lower(field.substr(0, equals)), equals < field.size() ? field.substr(equals + 1) : std::string()};
}

std::string with_absolute_dest(const BuildRequest& request, const std::string& field) {
  const auto [name, value] = attribute_of(field);
  return name == "dest" && value != "-" ? "dest=" + output_file(request, value).string() : field;
}

} // namespace cacheproof::builder
