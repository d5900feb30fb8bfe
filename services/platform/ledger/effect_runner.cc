#include "platform/ledger/effect_runner.h"

#include <algorithm>
#include <utility>

namespace lienthong::ledger {

EffectRunner::EffectRunner(std::vector<Line> lines, Report report, Unknown unknown)
    : report_(std::move(report)), unknown_(std::move(unknown)) {
  for (auto& line : lines) {
    queues_.push_back(std::make_unique<Queue>());
    queues_.back()->line = std::move(line);
  }
  for (auto& queue : queues_) {
    for (std::size_t i = 0; i < std::max<std::size_t>(queue->line.threads, 1); ++i)
      threads_.emplace_back([this, raw = queue.get()] { run(*raw); });
  }
}

EffectRunner::~EffectRunner() { stop(); }

void EffectRunner::start(EffectCall call) {
  const auto queue =
      std::find_if(queues_.begin(), queues_.end(), [&](const auto& candidate) { return candidate->line.type == call.type; });
  if (queue == queues_.end()) return unknown_(call);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_.load() || !open_.insert(call.key).second) return;
    (*queue)->waiting.push_back(std::move(call));
  }
  (*queue)->wake.notify_one();
}

void EffectRunner::drop(const LedgerPartition& partition) {
  const std::lock_guard lock(mutex_);
  for (auto& queue : queues_) {
    std::erase_if(queue->waiting, [&](const EffectCall& call) {
      if (call.key.partition != partition) return false;
      open_.erase(call.key);
      return true;
    });
  }
}

void EffectRunner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_.store(true);
    for (auto& queue : queues_) queue->waiting.clear();
  }
  for (auto& queue : queues_) queue->wake.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t EffectRunner::open() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

void EffectRunner::run(Queue& queue) {
  while (true) {
    EffectCall call;
    {
      std::unique_lock lock(mutex_);
      queue.wake.wait(lock, [&] { return stopping_.load() || !queue.waiting.empty(); });
      if (stopping_.load()) return;
      call = std::move(queue.waiting.front());
      queue.waiting.pop_front();
    }
    auto outcome = queue.line.handler(call, stopping_);
    {
      const std::lock_guard lock(mutex_);
      open_.erase(call.key);
    }
    if (!outcome) continue;
    report_(call.key.partition, {call.key.dossier, call.key.dossier_seq, call.key.index, 1, *std::move(outcome)});
  }
}

}  // namespace lienthong::ledger
