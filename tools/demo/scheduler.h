#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

namespace lienthong::demo {

/// One thread that does things at their time, in the order of their times.
/// Thread-safety: `at` and `after` from any thread, never block. A task must not throw.
class Scheduler {
 public:
  using Clock = std::chrono::steady_clock;
  using Task = std::function<void()>;

  Scheduler() : thread_([this] { run(); }) {}
  ~Scheduler() { stop(); }
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void at(Clock::time_point time, Task task);
  void after(Clock::duration delay, Task task) { at(Clock::now() + delay, std::move(task)); }
  /// Ends the thread; what has not come due is dropped. Idempotent; never from a task.
  void stop();

 private:
  struct Entry {
    Clock::time_point time;
    std::uint64_t order = 0;
    Task task;
    bool operator>(const Entry& other) const { return time != other.time ? time > other.time : order > other.order; }
  };
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> entries_;
  std::uint64_t next_order_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lienthong::demo
