#pragma once

#include <mutex>
#include <utility>

namespace lienthong::ports {

/// Stands between a backend's threads and a caller's sink: after `close` has returned, the sink is not called any more.
/// Thread-safety: any thread; `close` waits for a delivery that is under way, hence never call it from the sink.
template <class Sink, class Message, void (Sink::*Deliver)(Message)>
class Outlet {
 public:
  explicit Outlet(Sink& sink) : sink_(&sink) {}

  void deliver(Message message) {
    const std::lock_guard lock(mutex_);
    if (sink_ != nullptr) (sink_->*Deliver)(std::move(message));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    sink_ = nullptr;
  }

 private:
  std::mutex mutex_;
  Sink* sink_;
};

}  // namespace lienthong::ports
