#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::test_support {

/// A process that a test started; killed and waited for at the end.
class ChildProcess {
 public:
  ChildProcess() = default;
  /// `output`: file for stdout and stderr. `environment`: added to this process's own.
  ChildProcess(const std::vector<std::string>& arguments, const std::string& output,
               const std::vector<std::pair<std::string, std::string>>& environment = {});
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ChildProcess& operator=(ChildProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  ~ChildProcess();

  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Sends the signal and waits until the process has ended; SIGKILL after 10 s.
  void stop(int number);
  /// Waits until it ends by itself. Returns the exit code, 128 + signal where one ended it.
  int wait();

 private:
  pid_t pid_ = -1;
};

/// A directory of its own, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A loopback port that nobody listens on now.
std::uint16_t free_port();

}  // namespace lienthong::test_support
