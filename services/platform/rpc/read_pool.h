#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lienthong::rpc {

/// A few threads for reads that block, so that no gRPC thread does.
/// Thread-safety: any thread.
class ReadPool {
 public:
  ReadPool(std::size_t threads, std::size_t waiting_max);
  /// Runs what still waits, then ends.
  ~ReadPool();
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  /// False: too much waits already; nothing was done. `task` must not throw.
  bool post(std::function<void()> task);

 private:
  void run();
  std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace lienthong::rpc
