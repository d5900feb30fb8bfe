#include "tools/demo/scheduler.h"

#include <utility>

namespace lienthong::demo {

void Scheduler::at(Clock::time_point time, Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    entries_.push({time, next_order_++, std::move(task)});
  }
  wake_.notify_one();
}

void Scheduler::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Scheduler::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (entries_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto due = entries_.top().time;
    if (Clock::now() < due) {
      wake_.wait_until(lock, due);
      continue;
    }
    Task task = entries_.top().task;
    entries_.pop();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

}  // namespace lienthong::demo
