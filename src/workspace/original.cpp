#include "workspace/original.hpp"

#include "util/files.hpp"
#include "workspace/inline_files.hpp"

#include <algorithm>
#include <system_error>

namespace cacheproof::workspace {
namespace fs = std::filesystem;
namespace {

using Kind = scenario::InlineFile::Kind;

bool lies_below(const std::string& path, const std::string& folder) {
  return path.starts_with(folder + "/");
}

class Folder : public Original {
public:
  explicit Folder(fs::path root)
      : root_(std::move(root)) {}

  std::optional<scenario::InlineFile> at(const std::string& path) const override {
    std::error_code error;
    scenario::InlineFile file;
    file.path = path;
    const auto type = fs::symlink_status(root_ / path, error).type();
    if (type == fs::file_type::symlink) {
      file.kind = Kind::symlink;
      file.text = fs::read_symlink(root_ / path, error).string();
      return file;
    }
    if (type != fs::file_type::regular) return {};
    auto text = util::read_text(root_ / path);
    if (!text) return {};
    file.text = std::move(*text);
    return file;
  }

  std::vector<std::string> below(const std::string& folder) const override {
    std::vector<std::string> paths;
    std::error_code error;
    for (fs::recursive_directory_iterator it(root_ / folder, error), end; !error && it != end; it.increment(error)) {
      std::error_code ignored;
      if (it->symlink_status(ignored).type() != fs::file_type::directory)
        paths.push_back(it->path().lexically_relative(root_).string());
    }
    return paths;
  }

private:
  fs::path root_;
};

class Inline : public Original {
public:
  explicit Inline(scenario::InlineFiles files)
      : files_(std::move(files)) {}

  std::optional<scenario::InlineFile> at(const std::string& path) const override {
    const auto found = std::find_if(
        files_.begin(), files_.end(), [&](const auto& file) { return file.path == path && file.kind != Kind::folder; });
    if (found == files_.end()) return {};
    auto file = *found;
    if (auto content = content_of(file)) file.text = std::move(*content);
    return file;
  }

  std::vector<std::string> below(const std::string& folder) const override {
    std::vector<std::string> paths;
    for (const auto& file : files_)
      if (file.kind != Kind::folder && lies_below(file.path, folder)) paths.push_back(file.path);
    return paths;
  }

private:
  scenario::InlineFiles files_;
};

class Checkout : public Original {
public:
  explicit Checkout(GitCheckout checkout)
      : checkout_(std::move(checkout)) {}

  std::optional<scenario::InlineFile> at(const std::string& path) const override {
    const auto found = checkout_.files.find(path);
    if (found == checkout_.files.end()) return {};
    auto text = checkout_.repository.read(found->second);
    if (!text) return {};
    scenario::InlineFile file{path, std::move(*text), {}};
    if (found->second.link) file.kind = Kind::symlink;
    return file;
  }

  std::vector<std::string> below(const std::string& folder) const override {
    std::vector<std::string> paths;
    for (auto it = checkout_.files.lower_bound(folder + "/");
         it != checkout_.files.end() && lies_below(it->first, folder);
         ++it)
      paths.push_back(it->first);
    return paths;
  }

  const GitCheckout* git() const override { return &checkout_; }

private:
  GitCheckout checkout_;
};

} // namespace

util::Result<std::shared_ptr<const Original>> original(const scenario::Context& context) {
  if (const auto* folder = std::get_if<fs::path>(&context)) return std::make_shared<const Folder>(*folder);
  if (const auto* files = std::get_if<scenario::InlineFiles>(&context)) return std::make_shared<const Inline>(*files);
  CP_TRY_ASSIGN(auto checkout, GitCheckout::open(std::get<scenario::GitSource>(context)));
  return std::make_shared<const Checkout>(std::move(checkout));
}

} // namespace cacheproof::workspace
