#include "process/process.hpp"
#include "process/spawn.hpp"
#include "process/waiting.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace cacheproof::process {
namespace {

constexpr std::chrono::seconds k_grace(5);

struct Pipe {
  util::Fd reader;
  util::Fd writer;

  static util::Result<Pipe> create() {
    std::array<int, 2> ends{-1, -1};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
      return util::failure(
          std::string("cannot make a pipe: ") + std::strerror(errno), {}, "check the limit of open files (ulimit -n)");
    fcntl(ends[0], F_SETFL, O_NONBLOCK); // the reading end only: the program's own writes block as usual
    return Pipe{util::Fd(ends[0]), util::Fd(ends[1])};
  }
};

/// Reads what is there, a mebibyte at most: a program that never pauses must not keep us from looking at the time. A
/// closed stream's descriptor is closed, which makes poll(2) ignore it.
void drain(util::Fd& reader, std::string& into, const RunOptions& options) {
  std::array<char, 65536> buffer;
  for (int rounds = 0; reader && rounds < 16;) {
    const ssize_t count = read(reader.get(), buffer.data(), buffer.size());
    if (count > 0) {
      const std::string_view piece(buffer.data(), static_cast<std::size_t>(count));
      into += piece;
      if (options.on_output) options.on_output(piece);
      ++rounds;
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else if (count < 0 && errno == EAGAIN) {
      return;
    } else {
      reader.reset();
    }
  }
}

} // namespace

util::Result<Finished> run(const Command& command, const RunOptions& options) {
  CP_TRY_ASSIGN(auto out, Pipe::create());
  CP_TRY_ASSIGN(auto err, Pipe::create());
  CP_TRY_ASSIGN(auto child, spawn(command, out.writer.get(), err.writer.get()));
  out.writer.reset();
  err.writer.reset();

  Finished finished;
  const StopEvent stopped(options.stop);
  std::optional<Clock::time_point> deadline = deadline_after(options.timeout);
  bool stopping = false;
  while (!child.ended()) {
    // Once it is being stopped, a stop request says nothing new; its streams are read on, or it might never end.
    std::array<pollfd, 4> descriptors{{{child.descriptor(), POLLIN, 0},
                                       {out.reader.get(), POLLIN, 0},
                                       {err.reader.get(), POLLIN, 0},
                                       {stopping ? -1 : stopped.fd(), POLLIN, 0}}};
    poll_until(descriptors, deadline);
    drain(out.reader, finished.out, options);
    drain(err.reader, finished.err, options);
    const bool late = deadline && Clock::now() >= *deadline;
    if (!stopping && (late || options.stop.stop_requested())) {
      finished.interrupted = options.stop.stop_requested();
      finished.timed_out = !finished.interrupted;
      stopping = true;
      if (options.before_stop) options.before_stop(finished.timed_out);
      child.signal_group(SIGTERM);
      deadline = deadline_after(k_grace);
    } else if (late) {
      child.signal_group(SIGKILL);
      deadline.reset();
    }
  }
  finished.exit = child.reap();
  // Not to the end of the streams: a program that left our group may hold them open for ever.
  drain(out.reader, finished.out, options);
  drain(err.reader, finished.err, options);
  return finished;
}

} // namespace cacheproof::process
