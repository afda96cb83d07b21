// Files that were made to hurt: none crashes the program, keeps it busy for long, or makes it read outside of the
// repository. How long the slowest took is printed, never asserted: only a hang is an error.
#include "cli/program_fixture.hpp"
#include "scenario/agreement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}
std::string numbered(std::size_t count, const std::function<std::string(const std::string&)>& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text(std::to_string(i));
  return all;
}

const std::string k_head = "title: x\n";
const std::string k_files = "files: {Dockerfile: \"FROM busybox AS app\\nCOPY . .\\n\"}\n";
const std::string k_rest = k_head + k_files;
const std::string k_rounds = "rounds: [{expect: {rebuilt: all}}]\n";

struct Hostile {
  std::string name;
  std::string text;
  int exit = 3;
};

/// Each anchor is ten of the one before.
std::string exploding(const std::string& open, const std::string& close, const std::string& merge) {
  std::string text = k_rest + "about: &a0 lol\n";
  for (int i = 1; i < 12; ++i)
    text += "x" + std::to_string(i) + ": &a" + std::to_string(i) + " " + open
            + times(9, merge + "*a" + std::to_string(i - 1) + ", ") + merge + "*a" + std::to_string(i - 1) + close
            + "\n";
  return text;
}

std::vector<Hostile> texts() {
  const std::string megabyte(1024 * 1024 - 200, 'x');
  std::vector<Hostile> all{
      {"nothing", ""},
      {"blanks", " \n\t\n"},
      {"only_a_comment", "# nothing\n"},
      {"one_brace", "{"},
      {"exploding_anchors", exploding("[", "]", "")},
      {"exploding_mappings", exploding("{k: [", "]}", "")},
      {"anchor_in_itself", k_rest + "rounds: &a [*a]\n"},
      {"alias_of_nothing", k_rest + "rounds: *a\n"},
      {"alias_as_key", k_rest + k_rounds + "? &a about\n: x\n*a : y\n"},
      {"merge_key", k_rest + "build: &b {target: app}\nrounds: [{build: {<<: *b}}]\n"},
      {"merge_into_itself", k_rest + "build: &b {<<: *b}\nrounds: [{}]\n"},
      {"scalar_of_a_megabyte", k_rest + k_rounds + "about: " + megabyte, 0},
      {"scalar_in_a_short_file", k_rest + k_rounds + "about: " + std::string(900'000, 'x') + "\n", 0},
      {"scalar_of_100_megabytes", k_rest + k_rounds + "about: " + std::string(100'000'000, 'x')},
      {"nul", k_rest + k_rounds + std::string("about: \"a\0b\"\n", 13)},
      {"written_nul", k_rest + k_rounds + "about: \"a\\0b\"\n"},
      {"written_nul_in_a_path", k_rest + "rounds: [{edit: [{delete: \"a\\0b\"}]}]\n"},
      {"not_utf8", k_rest + k_rounds + "about: \xC0\xAF\n"},
      {"cut_utf8", k_rest + k_rounds + "about: \xE2\x82"},
      {"surrogates", k_rest + k_rounds + "about: \xED\xA0\x80\n"},
      {"utf16", std::string("\xFF\xFEt\0i\0t\0", 8)},
      {"escape_sequences", k_rest + k_rounds + "about: \x1B]0;owned\x07\n"},
      {"c1_controls",
       k_rest + k_rounds
           + "about: \xC2\x9B"
             "2J\n"},
      {"crlf",
       "title: x\r\nfiles:\r\n  Dockerfile: |\r\n    FROM busybox AS app\r\n    RUN true\r\nrounds:\r\n  - expect: "
       "{rebuilt: all}\r\n",
       0},
      {"bom", "\xEF\xBB\xBF" + k_rest + k_rounds, 0},
      {"two_boms", "\xEF\xBB\xBF\xEF\xBB\xBF" + k_rest + k_rounds, 0},
      {"tabs", "title: x\nfiles:\n\tDockerfile: FROM busybox\nrounds:\n\t- {}\n"},
      {"deep_lists", k_rest + "rounds: " + std::string(500'000, '[')},
      {"deep_mappings", k_rest + "rounds: " + times(100'000, "{a: ")},
      {"deep_blocks",
       k_rest + "rounds:\n"
           + numbered(
               500,
               [](const auto& i) { return std::string(static_cast<std::size_t>(std::stoi(i)) + 1, ' ') + "a:\n"; })},
      {"explicit_keys", k_rest + "rounds: " + times(100'000, "? ")},
      {"duplicate_keys", k_rest + k_rounds + times(9'000, "about: x\n")},
      {"unknown_keys", k_rest + k_rounds + numbered(9'000, [](const auto& i) { return "rebuilt" + i + ": x\n"; })},
      {"unknown_keys_in_one_line",
       k_rest + "rounds: [{" + numbered(9'000, [](const auto& i) { return "k" + i + ": x, "; }) + "}]\n"},
      {"binary_tag", k_rest + "rounds: !!binary aGVsbG8=\n"},
      {"own_tag", k_rest + "rounds: !!python/object/apply:os.system [\"touch /tmp/owned\"]\n"},
      {"two_documents", k_rest + k_rounds + "---\n" + k_rest + k_rounds},
      {"yaml_directive", "%YAML 9.9\n---\n" + k_rest + k_rounds},
      {"huge_integers",
       k_rest + "timeout: " + std::string(400, '9') + "\nrounds: [{expect: {exported: {layers: " + std::string(400, '9')
           + "}}, edit: [{chown: {path: a, uid: 99999999999999999999}}, {touch: {path: a, mtime: "
           + std::string(400, '9') + "}}]}]\n"},
      {"negative_and_real", k_rest + "timeout: -1\nrounds: [{expect: {exported: {layers: 1e400}}}]\n"},
      {"huge_matrix",
       k_rest + "matrix: {" + numbered(200, [](const auto& i) { return "d" + i + ": [a, b, c, d, e], "; }) + "}\n"
           + k_rounds},
      {"long_matrix",
       k_rest + "matrix: {" + numbered(3'000, [](const auto& i) { return "d" + i + ": [a], "; }) + "}\nabout: \""
           + times(3'000, "${d}") + "\"\n" + k_rounds},
      {"many_alternatives",
       k_rest + "matrix: {a: [" + numbered(30, [](const auto& i) { return i + ", "; }) + "], b: ["
           + numbered(30, [](const auto& i) { return i + ", "; }) + "]}\nrounds:\n  - expect:\n      rebuilt:\n"
           + numbered(2'000, [](const auto&) { return std::string("        - {when: {a: 1}, steps: all}\n"); })},
      {"many_rounds_in_many_cells",
       k_rest + "matrix: {a: [" + numbered(900, [](const auto& i) { return i + ", "; }) + "]}\nrounds: ["
           + times(5'000, "{}, ") + "]\n"},
      {"many_rounds_and_edits",
       k_rest + "rounds:\n  - edit:\n" + times(2'000, "      - append: {path: Dockerfile, text: \"RUN a\\n\"}\n")
           + "    expect: {rebuilt: all}\n" + times(2'000, "  - {}\n"),
       0},
      {"many_files",
       k_head + "files: {Dockerfile: FROM busybox, " + numbered(9'900, [](const auto& i) { return "f" + i + ": a, "; })
           + "}\n" + k_rounds,
       0},
      {"many_files_in_an_archive",
       k_head + "files: {Dockerfile: FROM busybox, a.tar: {archive: {files: {"
           + numbered(9'900, [](const auto& i) { return "a/b" + i + "/f: a, "; }) + "}}}}\n" + k_rounds,
       0},
      {"many_hard_links",
       k_head + "files: {Dockerfile: FROM busybox, f: a, "
           + numbered(4'900, [](const auto& i) { return "h" + i + ": {hardlink: f}, "; }) + "}\n" + k_rounds,
       0},
      {"many_files_in_the_way",
       k_head + "files: {Dockerfile: FROM busybox, "
           + numbered(4'900, [](const auto& i) { return "a/f" + i + ": a, "; }) + "a: a}\n" + k_rounds},
      {"deep_path", k_head + "files: {Dockerfile: FROM busybox, ? " + times(400'000, "a/") + "f : a}\n" + k_rounds},
      {"deep_paths_in_an_archive",
       k_head + "files: {Dockerfile: FROM busybox, a.tar: {archive: {files: {"
           + numbered(200, [](const auto& i) { return "? b" + i + "/" + times(2'000, "a/") + "f : a, "; }) + "}}}}\n"
           + k_rounds},
      {"more_nodes_than_allowed",
       k_head + "files: {" + numbered(100'000, [](const auto& i) { return "f" + i + ": a, "; }) + "}\n" + k_rounds},
      {"many_variables", k_rest + "build: {target: \"" + times(100'000, "${x}") + "\"}\n" + k_rounds},
      {"variables_in_variables", k_rest + "build: {target: \"" + times(100'000, "${") + "\"}\n" + k_rounds},
      {"regex_that_explodes", k_rest + "rounds: [{expect: {warnings: [\"((((a{1,900}){1,900}){1,900}){1,900})\"]}}]\n"},
      {"regex_that_is_long", k_rest + "rounds: [{expect: {warnings: [\"" + std::string(500'000, '(') + "\"]}}]\n"},
      {"globs_that_explode", k_rest + "rounds: [{expect: {cached: [\"app " + times(200'000, "*a") + "\"]}}]\n"},
      {"lookalike_key",
       k_rest
           + "rounds: [{expect: {r\xD0\xB5"
             "built: all}}]\n"},
      {"fullwidth_key", k_head + k_files + "\xEF\xBD\x92ounds: [{}]\n"},
      {"right_to_left",
       k_rest
           + "rounds: [{\xE2\x80\xAE"
             "dliub: {}}]\n"},
      {"dots_in_a_path", k_rest + "rounds: [{edit: [{delete: ../../outside/secret}]}]\n"},
      {"dots_in_the_middle", k_rest + "rounds: [{edit: [{append: {path: a/../../outside/secret, text: x}}]}]\n"},
      {"absolute_path", k_rest + "rounds: [{edit: [{append: {path: /etc/passwd, text: x}}]}]\n"},
      {"dots_in_a_file", k_head + "files: {../outside/x: a, Dockerfile: FROM busybox}\n" + k_rounds},
      {"link_that_leads_out", k_rest + "rounds: [{edit: [{symlink: {path: a, target: ../../outside/secret}}]}]\n"},
      {"absolute_dockerfile", k_rest + "build: {dockerfile: /etc/passwd}\n" + k_rounds},
      {"absolute_context", k_head + "context: /etc\n" + k_rounds},
      {"context_outside", k_head + "context: ../outside\n" + k_rounds},
      {"context_that_is_a_link", k_head + "context: linked_folder\n" + k_rounds},
      {"context_that_is_a_device", k_head + "context: null_device\n" + k_rounds},
      {"dockerfile_that_is_a_link", k_head + "context: with_links\n" + k_rounds},
      {"dockerfile_that_is_a_pipe", k_head + "context: with_pipe\n" + k_rounds},
      {"edit_of_what_a_link_leads_to",
       k_head + "context: plain\nrounds: [{edit: [{append: {path: linked, text: x}}], expect: {rebuilt: all}}]\n"},
      {"dockerfile_of_many_megabytes", k_head + "context: big\n" + k_rounds, 0},
      {"heredocs_without_end",
       k_head + "files: {Dockerfile: \"FROM busybox\\nRUN" + times(5'000, " <<A") + "\\n\"}\n" + k_rounds},
      {"nested_expansions",
       k_head + "files: {Dockerfile: \"ARG A=" + times(20'000, "${A:-") + "\\nFROM $A\\n\"}\n" + k_rounds},
      {"arguments_that_double",
       k_head + "files:\n  Dockerfile: |\n    ARG A0=0123456789\n"
           + numbered(100,
                      [](const auto& i) {
                        return "    ARG A" + std::to_string(std::stoi(i) + 1) + "=$A" + i + "$A" + i + "\n";
                      })
           + "    FROM $A100\n" + k_rounds},
      {"closed_expansions",
       k_head + "files: {Dockerfile: \"FROM " + times(100'000, "${A:-") + times(100'000, "}") + "\\n\"}\n" + k_rounds},
      {"long_words",
       k_head + "files: {Dockerfile: \"FROM busybox AS " + std::string(300'000, 'a') + "\\nRUN <<"
           + std::string(300'000, 'b') + "\\n" + std::string(300'000, 'b') + "\\n\"}\n" + k_rounds,
       0},
      {"long_platform", k_rest + "build: {platforms: [linux/" + std::string(900'000, 'a') + "]}\n" + k_rounds},
      {"long_image", k_rest + "setup: {images: {busybox: " + std::string(900'000, 'a') + "}}\n" + k_rounds},
      {"letters_in_a_row", k_rest + "build: docker build -" + std::string(900'000, 'q') + " .\n" + k_rounds, 0},
      {"unknown_flags", k_rest + "build: docker build" + times(150'000, " --tga") + " .\n" + k_rounds},
      {"words_for_a_shell", k_rest + "build: docker build" + times(400'000, " *") + " .\n" + k_rounds},
      {"many_hosts",
       k_rest + "build: docker build" + numbered(60'000, [](const auto& i) { return " -t h." + i + "/x"; }) + " .\n"
           + k_rounds,
       0},
      {"many_known_variables",
       k_rest + "matrix: {" + numbered(100, [](const auto& i) { return "d" + i + ": [a], "; })
           + "}\nbuild: {labels: {a: \"" + times(100'000, "${d99}") + "\"}}\n" + k_rounds,
       0},
      {"values_that_grow",
       k_rest + "matrix: {a: [" + std::string(300'000, 'z') + "]}\nbuild: {target: \"" + times(100'000, "${a}")
           + "\"}\n" + k_rounds},
      {"much_text_in_many_cells",
       k_rest + "matrix: {a: [" + numbered(1'000, [](const auto& i) { return i + ", "; })
           + "]}\nbuild: {cache_to: [\"type=registry,ref=${registry}/x:" + std::string(900'000, 'y') + "\"]}\n"
           + k_rounds},
      {"many_caches_in_many_cells",
       k_rest + "matrix: {a: [" + numbered(1'000, [](const auto& i) { return i + ", "; }) + "]}\nbuild: {cache_from: ["
           + times(18'000, "\"type=registry,ref=${registry}/x\", ") + "]}\n" + k_rounds},
      {"many_arguments_of_many_builds",
       k_rest + "build: {args: {" + numbered(5'000, [](const auto& i) { return "A" + i + ": b, "; }) + "}}\nrounds: ["
           + times(4'000, "{}, ") + "]\n"},
      {"dockerfile_read_for_each_cell",
       k_head + "files:\n  Dockerfile: |\n    ARG A\n    FROM busybox\n" + times(60'000, "    RUN a\n")
           + "matrix: {a: [" + numbered(1'000, [](const auto& i) { return i + ", "; })
           + "]}\nbuild: {args: {A: \"${a}\"}}\n" + k_rounds},
      {"many_patterns_and_long_paths",
       k_head + "files: {Dockerfile: FROM busybox, .dockerignore: \"" + times(100'000, "*b\\n")
           + "\"}\nrounds: [{edit: ["
           + numbered(80,
                      [](const auto& i) {
                        return "{write: {path: " + times(15, std::string(250, 'a') + "/") + i + ", text: a}}, ";
                      })
           + "], expect: {rebuilt: all}}]\n",
       0},
      {"many_references_to_many_steps",
       k_head + "files:\n  Dockerfile: |\n    FROM busybox AS app\n" + times(50'000, "    RUN a\n")
           + "rounds: [{expect: {cached: [" + times(9'000, "app RUN b*, ") + "]}}]\n"},
      {"many_references_to_many_stages",
       k_head + "files:\n  Dockerfile: |\n"
           + numbered(20'000, [](const auto& i) { return "    FROM busybox AS s" + i + "\n"; })
           + "rounds: [{expect: {cached: [" + times(400, "t19999 1, ") + "]}}]\n"},
      {"many_stages",
       k_head + "files:\n  Dockerfile: |\n"
           + numbered(20'000, [](const auto& i) { return "    FROM busybox AS s" + i + "\n"; }) + k_rounds,
       0},
  };
  return all;
}

class HostileFiles : public ProgramTest {
protected:
  void SetUp() override {
    make_directories("repository/.git");
    make_directories("outside");
    // Whoever opens it waits for ever, so a read of it is a hang.
    ASSERT_EQ(mkfifo((folder_.path() / "outside/secret").c_str(), 0600), 0);
    const auto at = folder_.path() / "repository";
    fs::create_directory_symlink("../outside", at / "linked_folder");
    fs::create_symlink("/dev/null", at / "null_device");
    make_directories("repository/with_links");
    fs::create_symlink("../../outside/secret", at / "with_links/Dockerfile");
    make_directories("repository/with_pipe");
    ASSERT_EQ(mkfifo((at / "with_pipe/Dockerfile").c_str(), 0600), 0);
    write("repository/plain/Dockerfile", "FROM busybox\nRUN true\n");
    fs::create_symlink("../../outside/secret", at / "plain/linked");
    write("repository/big/Dockerfile",
          "FROM busybox\n" + std::string(50'000'000, '#') + "\n" + times(200'000, "RUN a\n"));
  }

  void expect_survives(const std::string& name, const std::string& path, int code) {
    const auto begin = std::chrono::steady_clock::now();
    const auto finished = process::run(command({"validate", path}), {.timeout = std::chrono::minutes(1)});
    const auto took = std::chrono::steady_clock::now() - begin;
    ASSERT_TRUE(finished) << name;
    EXPECT_FALSE(finished->timed_out) << name << " hangs";
    EXPECT_EQ(finished->exit, process::Exit{code}) << name << ": " << finished->err.substr(0, 2000);
    EXPECT_LT(finished->err.size(), 2'000'000U) << name;
    EXPECT_THAT(finished->err, testing::Not(testing::HasSubstr("\x1B"))) << name;
    took_.emplace_back(std::chrono::duration_cast<std::chrono::milliseconds>(took), name);
  }

  void TearDown() override {
    std::sort(took_.rbegin(), took_.rend());
    std::cout << took_.size() << " files; the slowest:\n";
    for (std::size_t i = 0; i < std::min<std::size_t>(5, took_.size()); ++i)
      std::cout << "  " << took_[i].first.count() << " ms  " << took_[i].second << '\n';
  }

  std::vector<std::pair<std::chrono::milliseconds, std::string>> took_;
};

TEST_F(HostileFiles, HurtNobody) {
  for (const auto& each : texts()) {
    write("repository/" + each.name + ".yaml", each.text);
    expect_survives(each.name, "repository/" + each.name + ".yaml", each.exit);
  }
}

TEST_F(HostileFiles, AgreeWithTheSchema) {
  std::vector<scenario::Document> documents;
  for (const auto& each : texts())
    if (each.text.size() <= 200'000) // of larger ones their size is the point
      documents.push_back({each.name, each.text, folder_.path() / "repository" / (each.name + ".yaml")});
  scenario::expect_schema_agrees(documents, 10);
}

TEST_F(HostileFiles, MayBeNoFilesAtAll) {
  const auto at = folder_.path() / "repository";
  fs::create_symlink("../outside/secret", at / "link_out.yaml");
  fs::create_symlink("/etc/passwd", at / "passwd.yaml");
  fs::create_symlink("loop.yaml", at / "loop.yaml");
  fs::create_symlink("/dev/zero", at / "zero.yaml");
  fs::create_symlink("nowhere", at / "dangling.yaml");
  ASSERT_EQ(mkfifo((at / "pipe.yaml").c_str(), 0600), 0);
  make_directories("repository/folder.yaml");
  for (const char* name : {"link_out", "passwd", "loop", "zero", "dangling", "pipe"})
    expect_survives(name, "repository/" + std::string(name) + ".yaml", 3);
  expect_survives("empty folder", "repository/folder.yaml", 2);
  const auto passwd = run({"validate", "repository/passwd.yaml"});
  EXPECT_EQ(passwd.err,
            "repository/passwd.yaml: error[CP0001]: cannot read the scenario: it is a link that leads out of "
                + fs::canonical(at).string() + "\n1 error\n");
}

} // namespace
} // namespace cacheproof
