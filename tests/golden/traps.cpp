#include "golden/traps.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace cacheproof::golden {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

Files with(Files files, const std::string& name, const std::string& content) {
  files[name] = content;
  return files;
}

/// The same files with one edited, first exported to and then imported from `cache`.
std::vector<Build> edited(const Files& files, const std::string& name, const std::string& mode = "max") {
  const std::string ref = "type=registry,ref=@REGISTRY@/cache:latest";
  return {{files, {"--export-cache", ref + ",mode=" + mode}}, {with(files, name, "edited\n"), {"--import-cache", ref}}};
}

Files asset_pipeline() {
  const fs::path root = fs::path(CACHEPROOF_SOURCE_DIR) / "scenarios/registry/asset_pipeline";
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream content;
    content << std::ifstream(entry.path()).rdbuf();
    files[fs::relative(entry.path(), root).string()] = content.str();
  }
  return files;
}

/// The small layers of a local cache: those of the steps, not of the base image. Manifest and config are JSON.
void remove_layers(const World& world) {
  std::vector<fs::path> layers;
  for (const auto& entry : fs::directory_iterator(world.folder() / "cache/blobs/sha256"))
    if (entry.file_size() < 1000 && std::ifstream(entry.path()).peek() != '{') layers.push_back(entry.path());
  for (const auto& layer : layers) fs::remove(layer);
}

/// The base image's large layer of a local cache: busybox is in it.
void remove_base(const World& world) {
  fs::path base;
  std::uintmax_t most = 0;
  for (const auto& entry : fs::directory_iterator(world.folder() / "cache/blobs/sha256"))
    if (entry.file_size() > most) {
      most = entry.file_size();
      base = entry.path();
    }
  fs::remove(base);
}

const Files k_plain = {{"Dockerfile",
                        "FROM alpine\nWORKDIR /app\nCOPY packages .\nRUN cp packages installed\nCOPY source .\n"
                        "RUN cat source installed > result\n"},
                       {"packages", "one\n"},
                       {"source", "int main;\n"}};

const Files k_two_stages = {{"Dockerfile",
                             "FROM alpine AS build\nWORKDIR /app\nCOPY first .\nCOPY second .\n"
                             "RUN cat first second > out\n\nFROM alpine\nCOPY --from=build /app/out /out\n"},
                            {"first", "1\n"},
                            {"second", "2\n"}};

} // namespace

std::vector<Trap> traps() {
  std::vector<Trap> all;

  // A cached step that is pulled begins again with `cached=false`.
  all.push_back({"pulled", "", edited(k_plain, "source"), {}});
  all.push_back({"all_cached", "", edited(k_plain, "unrelated"), {}});
  // Announced as cached, then really run: the cache has the record and not the result.
  all.push_back({"announced_min", "", edited(k_two_stages, "second", "min"), {}});
  const std::string image = "type=image,name=@REGISTRY@/app:latest,push=true";
  all.push_back(
      {"announced_inline",
       "",
       {{k_two_stages, {"--export-cache", "type=inline", "--output", image}},
        {with(k_two_stages, "second", "edited\n"), {"--import-cache", "type=registry,ref=@REGISTRY@/app:latest"}}},
       {}});

  // Steps beside a failing one are cancelled, which shows as cached and an error.
  const Files parallel = {{"Dockerfile",
                           "FROM alpine AS slow\nWORKDIR /slow\nCOPY slow .\nRUN cp slow out\nRUN sleep 4\n\n"
                           "FROM alpine AS quick\nCOPY quick /quick\nRUN sleep 1\nRUN exit 3\n\n"
                           "FROM alpine\nCOPY --from=slow /slow/out /out\nCOPY --from=quick /quick /quick\nRUN true\n"},
                          {"slow", "s\n"},
                          {"quick", "q\n"}};
  all.push_back({"failed_parallel", "", {{parallel, {}}}, {}});
  all.push_back({"failed_after_import",
                 "",
                 {{with(k_plain, "Dockerfile", k_plain.at("Dockerfile")),
                   {"--export-cache", "type=registry,ref=@REGISTRY@/cache:failing,mode=max"}},
                  {with(k_plain,
                        "Dockerfile",
                        "FROM alpine\nWORKDIR /app\nCOPY packages .\nRUN cp packages installed\nCOPY source .\n"
                        "RUN cat source missing > result\nRUN true\n"),
                   {"--import-cache", "type=registry,ref=@REGISTRY@/cache:failing"}}},
                 {}});

  // A blob that is gone: the step is cached and in error, and runs after all.
  const std::string local = "@FOLDER@/cache";
  all.push_back({"missing_blob",
                 "",
                 {{k_plain, {"--export-cache", "type=local,mode=max,dest=" + local}},
                  {with(k_plain, "source", "edited\n"), {"--import-cache", "type=local,src=" + local}}},
                 remove_layers});
  // The same of the base image: the build fails, and of its base BuildKit says something else than of the steps.
  all.push_back({"missing_base",
                 "",
                 {{k_plain, {"--export-cache", "type=local,mode=max,dest=" + local}},
                  {with(k_plain, "source", "edited\n"), {"--import-cache", "type=local,src=" + local}}},
                 remove_base});
  const Files runs = {{"Dockerfile", "FROM alpine\nRUN echo one > /one\nRUN echo two > /two\n"}};
  all.push_back({"healed",
                 "",
                 {{runs, {"--export-cache", "type=local,mode=max,dest=" + local}},
                  {with(runs, "Dockerfile", "FROM alpine\nRUN echo one > /one\nRUN echo edited > /two\n"),
                   {"--import-cache", "type=local,src=" + local}}},
                 remove_layers});
  all.push_back(
      {"failed_import", "", {{k_plain, {"--import-cache", "type=registry,ref=@REGISTRY@/nothing:here"}}}, {}});

  // One vertex for equal steps of several stages, under the label of one of them.
  const Files shared = {{"Dockerfile",
                         "FROM alpine AS left\nWORKDIR /app\nCOPY left .\n\nFROM alpine AS right\nWORKDIR /app\n"
                         "COPY right .\n\nFROM alpine\nCOPY --from=right /app/right /\nCOPY --from=left /app/left /\n"},
                        {"left", "l\n"},
                        {"right", "r\n"}};
  all.push_back({"shared_steps", "", edited(shared, "left"), {}});
  // A stage that nobody needs, with a step that would be the same vertex as a needed one.
  const Files unneeded = {{"Dockerfile",
                           "FROM alpine AS unused\nWORKDIR /app\nCOPY left .\n\nFROM alpine AS used\nWORKDIR /app\n"
                           "COPY right .\n\nFROM alpine AS last\nWORKDIR /app\nRUN echo never\n"},
                          {"left", "l\n"},
                          {"right", "r\n"}};
  auto with_target = edited(unneeded, "right");
  for (auto& build : with_target) build.options.insert(build.options.end(), {"--opt", "target=used"});
  all.push_back({"unneeded", "used", with_target, {}});

  // `WORKDIR /` has no vertex and takes no number, but counts in the total.
  all.push_back({"root_workdir",
                 "",
                 edited({{"Dockerfile", "FROM alpine\nWORKDIR /\nCOPY source .\nWORKDIR /app\nRUN echo done\n"},
                         {"source", "s\n"}},
                        "source"),
                 {}});
  all.push_back({"copy_link",
                 "",
                 edited({{"Dockerfile", "FROM alpine\nCOPY --link job /spool/job\nCOPY --link other /spool/other\n"},
                         {"job", "j\n"},
                         {"other", "o\n"}},
                        "other"),
                 {}});
  all.push_back({"add_url",
                 "",
                 edited({{"Dockerfile",
                          "FROM alpine\nADD http://@REGISTRY@/v2/library/alpine/tags/list /tags\n"
                          "COPY source /\n"},
                         {"source", "s\n"}},
                        "source"),
                 {}});
  all.push_back({"heredoc",
                 "",
                 edited({{"Dockerfile",
                          "FROM alpine\nRUN <<EOT\necho one > /one\necho two > /two\nEOT\n"
                          "COPY <<first.txt <<second.txt source /texts/\n1\nfirst.txt\n2\nsecond.txt\nRUN ls /texts\n"},
                         {"source", "s\n"}},
                        "source"),
                 {}});
  // Triggers are numbered past the total of the stage that they run in.
  all.push_back({"onbuild",
                 "",
                 edited({{"Dockerfile",
                          "FROM alpine AS base\nONBUILD COPY source /app/\nONBUILD RUN touch /app/built\n"
                          "WORKDIR /app\n\nFROM base AS extra\nRUN echo extra > /extra\n"},
                         {"source", "s\n"}},
                        "source"),
                 {}});
  all.push_back({"mounts_and_arguments",
                 "",
                 edited({{"Dockerfile",
                          "ARG BASE=tools\nFROM alpine AS tools\nRUN echo tool > /tool\n\nFROM ${BASE} AS app\n"
                          "ARG V=1\nCOPY source /source\n\nFROM scratch AS empty\nCOPY source /source\n\nFROM app\n"
                          "RUN --mount=type=bind,from=empty,target=/mnt \\\n  # a comment\n  cat /mnt/source > /out && "
                          "\\\n  echo $V\n"
                          "RUN --mount=type=bind,target=/context cat /context/source > /again\n"},
                         {"source", "s\n"}},
                        "source"),
                 {}});
  // A vertex of one platform, of all of them, or built on one for another; what needs neither RUN nor a base is shared.
  const Files platforms = {{"Dockerfile",
                            "FROM --platform=$BUILDPLATFORM alpine AS build\nARG TARGETARCH\nWORKDIR /src\n"
                            "COPY source .\nRUN cat source > $TARGETARCH && mv $TARGETARCH out\n\n"
                            "FROM alpine AS app\nWORKDIR /app\nCOPY --link other .\n\n"
                            "FROM scratch\nCOPY other /\nCOPY --from=build /src/out /\nCOPY --from=app /app /app\n"},
                           {"source", "s\n"},
                           {"other", "o\n"}};
  const std::vector<std::string> both = {"--opt", "platform=linux/amd64,linux/arm64/v8"};
  auto of_both = edited(platforms, "other");
  for (auto& build : of_both) build.options.insert(build.options.end(), both.begin(), both.end());
  all.push_back({"platforms", "", of_both, {}});
  all.push_back({"failed_platforms",
                 "",
                 {{{{"Dockerfile",
                     "FROM --platform=$BUILDPLATFORM alpine AS build\nWORKDIR /src\nCOPY source .\n\n"
                     "FROM alpine AS app\nARG TARGETARCH\nCOPY --from=build /src/source .\n"
                     "RUN [ $TARGETARCH = amd64 ] || { sleep 2; exit 3; }\nRUN true\n"},
                    {"source", "s\n"}},
                   both}},
                 {}});
  auto no_cache = edited(k_plain, "unrelated");
  no_cache.back().options.insert(no_cache.back().options.end(), {"--no-cache"});
  all.push_back({"no_cache", "", no_cache, {}});
  all.push_back({"asset_pipeline", "", edited(asset_pipeline(), "assets/js/react/file1.js"), {}});
  all.push_back({"asset_pipeline_min", "", edited(asset_pipeline(), "assets/js/react/file1.js", "min"), {}});
  return all;
}

} // namespace cacheproof::golden
