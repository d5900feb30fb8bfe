#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace lienthong::test_support {

/// Keeps the messages of a port until a test takes them; answers a test waits for must come within 20 s.
template <class Message>
class MessageQueue {
 public:
  void push(Message message) {
    {
      const std::lock_guard lock(mutex_);
      messages_.push_back(std::move(message));
    }
    arrived_.notify_all();
  }
  /// Takes the first message that `matches`, waiting for it; nothing after the limit.
  template <class Predicate>
  std::optional<Message> take_if(Predicate matches, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    std::unique_lock lock(mutex_);
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
      for (auto found = messages_.begin(); found != messages_.end(); ++found) {
        if (!matches(*found)) continue;
        Message message = std::move(*found);
        messages_.erase(found);
        return message;
      }
      if (arrived_.wait_until(lock, deadline) == std::cv_status::timeout) return std::nullopt;
    }
  }
  std::optional<Message> take(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    return take_if([](const Message&) { return true; }, limit);
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Message> messages_;
};

}  // namespace lienthong::test_support
