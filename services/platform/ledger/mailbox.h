#pragma once

#include "platform/base/instant.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace lienthong::ledger {

/// Messages from any thread to one thread, in the order they came; taken all at once, so that the taker locks once a round.
/// Thread-safety: `post` and `close` from any thread, `take` from one.
template <class Item>
class Mailbox {
 public:
  /// Returns false, and leaves the item alone, after `close`.
  bool post(Item&& item) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return false;
      items_.push_back(std::move(item));
      wake = std::exchange(sleeping_, false);
    }
    if (wake) wake_.notify_one();
    return true;
  }

  /// Puts what is there into `out`, which must be empty; waits for it, at most `at_most` (for ever without).
  /// Returns false when the mailbox is closed and empty.
  bool take(std::vector<Item>& out, std::optional<Duration> at_most) {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return closed_ || !items_.empty(); };
    if (!ready()) {
      sleeping_ = true;
      if (at_most) {
        wake_.wait_for(lock, *at_most, ready);
      } else {
        wake_.wait(lock, ready);
      }
      sleeping_ = false;
    }
    out.swap(items_);
    return !out.empty() || !closed_;
  }

  /// Waits for that long or until the mailbox is closed, whatever is posted meanwhile: then many items cost one wake-up.
  void rest(Duration time) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, time, [this] { return closed_; });
  }

  /// Lets nothing more in; what is there is still taken. Idempotent.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Item> items_;
  bool closed_ = false;
  bool sleeping_ = false;
};

/// Counts the requests that were let in and are not answered yet.
/// Thread-safety: any thread.
class Admission {
 public:
  Admission(std::size_t count_max, std::size_t bytes_max) : count_max_(count_max), bytes_max_(bytes_max) {}

  /// Returns false when there are too many; nothing is counted then.
  bool admit(std::size_t bytes) {
    if (count_.fetch_add(1, std::memory_order_relaxed) < count_max_) {
      if (bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= bytes_max_) return true;
      bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    }
    count_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void release(std::size_t bytes) {
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    count_.fetch_sub(1, std::memory_order_relaxed);
  }
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::size_t count_max_;
  std::size_t bytes_max_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace lienthong::ledger
