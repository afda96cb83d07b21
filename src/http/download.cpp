#include "http/download.hpp"

#include "util/hash.hpp"
#include "util/waiting.hpp"

#include <fmt/format.h>

#include <fstream>
#include <optional>
#include <utility>

namespace cacheproof::http {
namespace {

/// A download over all its attempts.
class Transfer {
public:
  explicit Transfer(const Download& wanted)
      : wanted_(wanted) {}

  /// One attempt. An error is final unless `again` says otherwise.
  util::Status attempt(std::stop_token stop) {
    again_ = began_;
    Request request{.url = wanted_.url,
                    .headers = wanted_.headers,
                    .connect_timeout = wanted_.connect_timeout,
                    .answer_timeout = wanted_.answer_timeout,
                    .stall_timeout = wanted_.stall_timeout,
                    .follow_redirects = true,
                    .on_head = [this](const Response& head) { return begin(head); },
                    .sink = [this](std::string_view piece) { return write(piece); }};
    if (bytes_ > 0 && !validator_.empty()) {
      request.headers.emplace_back("Range", fmt::format("bytes={}-", bytes_));
      request.headers.emplace_back("If-Range", validator_);
    }
    CP_TRY_ASSIGN(const auto response, send(request, std::move(stop)));
    if (response.status == 200 || response.status == 206) return out_.flush() ? util::Status() : full();
    if (response.status == 416) validator_.clear(); // it has less than what came already: from the start
    again_ = response.status == 416 || response.status == 429 || response.status >= 500;
    return util::failure(fmt::format("status {}", response.status), "GET " + printable(wanted_.url));
  }

  bool again() const { return again_; }
  Downloaded end() {
    out_.close();
    return {"sha256:" + hash_.hex(), bytes_};
  }

private:
  util::Status begin(const Response& head) {
    if (head.status == 206) {
      again_ = true;
      // `bytes 100-199/200`
      if (head.header("Content-Range").value_or("").starts_with(fmt::format("bytes {}-", bytes_))) return {};
      validator_.clear();
      return util::failure("the server resumes at another place than asked", "GET " + printable(wanted_.url));
    }
    if (head.status != 200) return {};
    again_ = began_ = true;
    bytes_ = 0;
    hash_ = util::Sha256();
    out_ = std::ofstream(wanted_.file, std::ios::binary | std::ios::trunc);
    if (!out_) return full();
    // A weak tag vouches for no byte (RFC 9110, 13.1.5).
    const auto tag = head.header("ETag").value_or("");
    validator_ = tag.starts_with('"') ? tag : head.header("Last-Modified").value_or("");
    return {};
  }

  util::Status write(std::string_view piece) {
    bytes_ += piece.size();
    if (bytes_ > wanted_.limit) {
      again_ = false;
      return util::failure(fmt::format("it is longer than {} bytes", wanted_.limit), printable(wanted_.url));
    }
    hash_.update(piece);
    return out_.write(piece.data(), static_cast<std::streamsize>(piece.size())) ? util::Status() : full();
  }

  util::Status full() {
    again_ = false;
    return util::failure("cannot write " + wanted_.file.string(), {}, "make room on that file system");
  }

  const Download& wanted_;
  std::ofstream out_;
  util::Sha256 hash_;
  std::uint64_t bytes_ = 0;
  std::string validator_; ///< by which the server knows that its file is still the same
  bool began_ = false;    ///< a body came once: what breaks afterwards is worth another attempt
  bool again_ = false;
};

util::Result<Downloaded> try_all(const Download& wanted, const std::stop_token& stop) {
  Transfer transfer(wanted);
  auto pause = wanted.pause;
  for (int attempt = 1;; ++attempt) {
    auto done = transfer.attempt(stop);
    if (done) break;
    auto error = std::move(done).error();
    if (error.blame == util::Blame::interrupted || !transfer.again()) return tl::unexpected(std::move(error));
    if (attempt >= wanted.attempts) {
      error.what += fmt::format(", {} times", attempt);
      return tl::unexpected(std::move(error));
    }
    util::wait(pause, stop);
    pause *= 2;
  }
  auto got = transfer.end();
  if (!wanted.digest.empty() && got.digest != wanted.digest)
    return util::failure(fmt::format("it is {} where {} was expected", got.digest, wanted.digest),
                         "GET " + printable(wanted.url));
  return got;
}

} // namespace

util::Result<Downloaded> download(const Download& wanted, std::stop_token stop) {
  auto got = try_all(wanted, stop);
  std::error_code error;
  if (!got) std::filesystem::remove(wanted.file, error);
  return got;
}

} // namespace cacheproof::http
