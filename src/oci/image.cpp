#include "oci/image.hpp"

#include "oci/platform.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>

namespace cacheproof::oci {
namespace {

/// What a Dockerfile's RUN is likely to call. Written down here, not asked of the binary: running programs is not this
/// room's business, and equal lists make equal images.
constexpr auto k_applets = std::to_array<std::string_view>(
    {"[",        "ash",      "awk",      "base64", "basename", "cat",     "chmod",    "chown", "cmp",       "cp",
     "cut",      "date",     "dd",       "df",     "diff",     "dirname", "du",       "echo",  "ed",        "env",
     "expr",     "false",    "find",     "grep",   "gzip",     "head",    "hostname", "id",    "install",   "kill",
     "ln",       "ls",       "md5sum",   "mkdir",  "mktemp",   "mv",      "nproc",    "od",    "printf",    "ps",
     "pwd",      "readlink", "realpath", "rm",     "rmdir",    "sed",     "seq",      "sh",    "sha256sum", "sleep",
     "sort",     "stat",     "sync",     "tail",   "tar",      "tee",     "test",     "touch", "tr",        "true",
     "truncate", "uname",    "uniq",     "wc",     "wget",     "which",   "xargs",    "yes"});
constexpr time_t k_mtime = 1577836800; // 2020-01-01T00:00:00Z: the time of everything made up (scenario-language.md)

constexpr std::string_view k_manifest_type = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view k_index_type = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view k_config_type = "application/vnd.docker.container.image.v1+json";
constexpr std::string_view k_layer_type = "application/vnd.docker.image.rootfs.diff.tar.gzip";

struct Node {
  mode_t mode = 0; ///< type and permissions
  std::string content;
  std::string link;
};

/// A program with an interpreter (PT_INTERP) is dynamically linked.
util::Result<bool> is_static(std::string_view program) {
  Elf64_Ehdr header{};
  if (program.size() < sizeof header || !program.starts_with(ELFMAG)) return util::failure("it is no ELF program");
  if (program[EI_CLASS] != ELFCLASS64) return util::failure("it is no 64-bit program");
  std::memcpy(&header, program.data(), sizeof header);
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    const auto offset = header.e_phoff + i * sizeof segment;
    if (offset > program.size() || program.size() - offset < sizeof segment) return util::failure("it is cut short");
    std::memcpy(&segment, program.data() + offset, sizeof segment);
    if (segment.p_type == PT_INTERP) return false;
  }
  return true;
}

util::Status check(const std::filesystem::path& path, std::string_view program) {
  const std::string remedy = "apt-get install busybox-static";
  const auto linked = is_static(program);
  if (!linked) return util::failure(path.string() + " cannot be used: " + linked.error().what, {}, remedy);
  if (!*linked)
    return util::failure(path.string() + " is dynamically linked, and the base image has no libraries", {}, remedy);
  return {};
}

la_ssize_t append(archive*, void* user, const void* data, size_t count) {
  static_cast<std::string*>(user)->append(static_cast<const char*>(data), count);
  return static_cast<la_ssize_t>(count);
}

/// The nodes as a tar, sorted by path (the map's order), owned by root and of one time.
util::Result<std::string> pack(const std::map<std::string, Node>& nodes, bool gzip) {
  std::string bytes;
  const std::unique_ptr<archive, int (*)(archive*)> out(archive_write_new(), archive_write_free);
  archive_write_set_format_ustar(out.get());
  if (gzip) {
    archive_write_add_filter_gzip(out.get());
    // Quickly: it travels over loopback only.
    archive_write_set_options(out.get(), "gzip:!timestamp,gzip:compression-level=1");
  }
  archive_write_set_bytes_in_last_block(out.get(), 1);
  const auto refuse = [&] { return util::failure(fmt::format("cannot pack: {}", archive_error_string(out.get()))); };
  if (archive_write_open2(out.get(), &bytes, nullptr, append, nullptr, nullptr) != ARCHIVE_OK) return refuse();
  for (const auto& [path, node] : nodes) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_mode(entry.get(), node.mode);
    archive_entry_set_mtime(entry.get(), k_mtime, 0);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(node.content.size()));
    if (!node.link.empty()) archive_entry_set_symlink(entry.get(), node.link.c_str());
    if (archive_write_header(out.get(), entry.get()) != ARCHIVE_OK) return refuse();
    if (!node.content.empty()
        && archive_write_data(out.get(), node.content.data(), node.content.size())
               != static_cast<la_ssize_t>(node.content.size()))
      return refuse();
  }
  if (archive_write_close(out.get()) != ARCHIVE_OK) return refuse();
  return bytes;
}

util::Result<Layer> packed(const std::map<std::string, Node>& nodes) {
  CP_TRY_ASSIGN(const auto tar, pack(nodes, false));
  CP_TRY_ASSIGN(auto gzipped, pack(nodes, true));
  return Layer{std::move(gzipped), util::sha256_digest(tar)};
}

std::map<std::string, Node> root_file_system(std::string busybox) {
  std::map<std::string, Node> nodes;
  for (const auto* folder : {"bin/", "dev/", "etc/", "proc/", "root/", "sys/", "usr/", "usr/bin/", "var/"})
    nodes[folder] = {S_IFDIR | 0755, {}, {}};
  nodes["tmp/"] = {S_IFDIR | 01777, {}, {}};
  nodes["etc/passwd"] = {
      S_IFREG | 0644, "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n", {}};
  nodes["etc/group"] = {S_IFREG | 0644, "root:x:0:\nnobody:x:65534:\n", {}};
  nodes["bin/busybox"] = {S_IFREG | 0755, std::move(busybox), {}};
  for (const auto applet : k_applets) nodes["bin/" + std::string(applet)] = {S_IFLNK | 0777, {}, "busybox"};
  nodes["usr/bin/env"] = {S_IFLNK | 0777, {}, "../../bin/busybox"};
  return nodes;
}

nlohmann::json descriptor(std::string_view type, const std::string& bytes) {
  return {{"mediaType", type}, {"size", bytes.size()}, {"digest", util::sha256_digest(bytes)}};
}

/// `linux/arm/v7` as images have it.
nlohmann::json fields_of(std::string_view platform) {
  const auto parts = util::split(platform, '/');
  nlohmann::json fields{{"os", parts.front()}, {"architecture", parts.size() > 1 ? parts[1] : ""}};
  if (parts.size() > 2) fields["variant"] = parts[2];
  return fields;
}

util::Result<Image> image_of(const Layer& base, const ImageExtras& extras, std::string_view platform) {
  Image image{.layer = base.gzipped};
  auto layers = nlohmann::json::array({descriptor(k_layer_type, base.gzipped)});
  auto diff_ids = nlohmann::json::array({base.diff_id});
  auto history = nlohmann::json::array({{{"created", "2020-01-01T00:00:00Z"}, {"created_by", "cacheproof: busybox"}}});
  std::map<std::string, Node> files;
  for (const auto& [path, content] : extras.files) files[path] = {S_IFREG | 0644, content, {}};
  for (const auto& [path, file] : extras.programs) {
    CP_TRY_ASSIGN(auto content, util::read_text(file));
    files[path] = {S_IFREG | 0755, std::move(content), {}};
  }
  if (!files.empty()) {
    CP_TRY_ASSIGN(auto second, packed(files));
    layers.push_back(descriptor(k_layer_type, second.gzipped));
    diff_ids.push_back(second.diff_id);
    image.second_layer = std::move(second.gzipped);
    history.push_back({{"created", "2020-01-01T00:00:00Z"}, {"created_by", "cacheproof: files"}});
  }
  std::map<std::string, std::string> env = extras.env;
  env.emplace("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  nlohmann::json config = {{"Env", nlohmann::json::array()}, {"Cmd", nlohmann::json::array({"sh"})}};
  for (const auto& [name, value] : env) config["Env"].push_back(name + "=" + value);
  if (!extras.labels.empty()) config["Labels"] = extras.labels;
  if (!extras.entrypoint.empty()) {
    config["Entrypoint"] = extras.entrypoint;
    config.erase("Cmd"); // it would be its argument
  }
  auto whole = fields_of(platform);
  whole.update({{"created", "2020-01-01T00:00:00Z"},
                {"config", config},
                {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}},
                {"history", history}});
  image.config = whole.dump();
  image.manifest_type = k_manifest_type;
  image.manifest = nlohmann::json{
      {"schemaVersion", 2},
      {"mediaType", k_manifest_type},
      {"config", descriptor(k_config_type, image.config)},
      {"layers",
       layers}}.dump();
  return image;
}

} // namespace

util::Status check_busybox(const std::filesystem::path& busybox) {
  CP_TRY_ASSIGN(const auto program, util::read_text(busybox));
  return check(busybox, program);
}

util::Result<Layer> busybox_layer(const std::filesystem::path& busybox, const std::string& mark) {
  CP_TRY_ASSIGN(auto program, util::read_text(busybox));
  CP_TRY(check(busybox, program));
  auto nodes = root_file_system(std::move(program));
  if (!mark.empty()) nodes["etc/cacheproof"] = {S_IFREG | 0644, mark, {}};
  return packed(nodes);
}

util::Result<Image>
busybox_image(const Layer& base, const ImageExtras& extras, const std::vector<std::string>& platforms) {
  if (platforms.empty()) return image_of(base, extras, "linux/" + architecture());
  Image index;
  auto manifests = nlohmann::json::array();
  for (const auto& platform : platforms) {
    auto own = extras; // images of two platforms have no layers in common but by chance
    own.files["etc/platform"] = platform + "\n";
    CP_TRY_ASSIGN(auto image, image_of(base, own, platform));
    manifests.push_back(descriptor(k_manifest_type, image.manifest));
    manifests.back()["platform"] = fields_of(platform);
    index.of_platforms.push_back(std::move(image));
  }
  index.manifest_type = k_index_type;
  index.manifest = nlohmann::json{{"schemaVersion", 2}, {"mediaType", k_index_type}, {"manifests", manifests}}.dump();
  return index;
}

util::Status push(RegistryClient& registry, std::string_view repository, std::string_view tag, const Image& image) {
  for (const auto& one : image.of_platforms) CP_TRY(push(registry, repository, util::sha256_digest(one.manifest), one));
  for (const auto* blob : {&image.layer, &image.second_layer, &image.config})
    if (!blob->empty()) CP_TRY(registry.put_blob(repository, util::sha256_digest(*blob), *blob));
  return registry.put_manifest(repository, tag, image.manifest_type, image.manifest);
}

} // namespace cacheproof::oci
