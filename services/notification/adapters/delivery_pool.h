#pragma once

#include "platform/http/http_client.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lienthong::notification {

/// Threads of one subscription: a subscriber that answers slowly holds up itself only. Each thread has a connection of its
/// own, which stays open between jobs. Jobs begin in the order they were added. Thread-safety: any thread.
class DeliveryPool {
 public:
  /// Runs on one of the threads; may block, must not throw.
  using Job = std::function<void(http::Client& connection)>;

  /// At least one thread.
  explicit DeliveryPool(std::size_t threads);
  /// Forgets jobs that have not begun and waits for those that have.
  ~DeliveryPool();
  DeliveryPool(const DeliveryPool&) = delete;
  DeliveryPool& operator=(const DeliveryPool&) = delete;

  void add(Job job);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace lienthong::notification
