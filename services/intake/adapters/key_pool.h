#pragma once

#include "intake/adapters/key_store.h"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lienthong::intake {

/// Keys that are durable already, so that a counter waits for no disk or broker; more are made in the background once half
/// of them are taken. Thread-safety: any thread.
class KeyPool {
 public:
  /// Returns once the keys are durable; may block.
  using Store = std::function<Result<void>(const std::vector<ContentKey>&)>;

  KeyPool(std::size_t size, Store store) : size_(size), store_(std::move(store)) {}
  ~KeyPool() { stop(); }
  KeyPool(const KeyPool&) = delete;
  KeyPool& operator=(const KeyPool&) = delete;

  /// Fills it, then goes on in the background. Errors: those of the store.
  Result<void> start();
  /// Afterwards the store is not called any more; waits for a call that is going on.
  void stop();
  /// Never blocks. Errors: kUnavailable, reason CONTENT_UNAVAILABLE, when it is empty.
  Result<ContentKey> take();

 private:
  Result<void> refill();
  void run();

  std::size_t size_;
  Store store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::vector<ContentKey> keys_;
  std::thread thread_;
};

}  // namespace lienthong::intake
