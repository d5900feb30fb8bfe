#include "intake/adapters/key_pool.h"

#include <chrono>
#include <iterator>

namespace lienthong::intake {
namespace {

constexpr std::chrono::milliseconds kRetryAfter{200};

}  // namespace

Result<void> KeyPool::start() {
  if (auto filled = refill(); !filled) return filled;
  thread_ = std::thread([this] { run(); });
  return {};
}

void KeyPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<ContentKey> KeyPool::take() {
  std::unique_lock lock(mutex_);
  if (keys_.empty()) {
    return failure({ErrorCode::kUnavailable, "CONTENT_UNAVAILABLE",
                    "Chưa kịp tạo khóa niêm phong; hãy gửi lại cùng mã yêu cầu.",
                    "Keys for sealing are being made; send again with the same request id."});
  }
  ContentKey taken = std::move(keys_.back());
  keys_.pop_back();
  const bool low = keys_.size() <= size_ / 2;
  lock.unlock();
  if (low) wake_.notify_one();
  return taken;
}

Result<void> KeyPool::refill() {
  std::vector<ContentKey> fresh(size_);
  for (auto& [ref, key] : fresh) {
    ref = crypto::random_bytes(kKeyRefBytes);
    key = crypto::random_key();
  }
  if (auto stored = store_(fresh); !stored) return stored;
  const std::lock_guard lock(mutex_);
  std::move(fresh.begin(), fresh.end(), std::back_inserter(keys_));
  return {};
}

void KeyPool::run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return ending_ || keys_.size() <= size_ / 2; });
      if (ending_) return;
    }
    if (refill()) continue;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kRetryAfter, [&] { return ending_; });
  }
}

}  // namespace lienthong::intake
