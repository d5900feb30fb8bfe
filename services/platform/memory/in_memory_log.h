#pragma once

#include "platform/ports/log.h"

#include <memory>

namespace lienthong::memory {

/// A log that lives as long as the process. Partitions come into being by the first append.
/// Answers come from one thread of the log.
/// Thread-safety: any thread; must outlive its attachments.
class InMemoryLog final : public ports::LogBackend {
 public:
  InMemoryLog();
  ~InMemoryLog() override;
  std::unique_ptr<ports::Log> attach(ports::LogSink& sink) override;

 private:
  class State;
  class Attachment;
  std::shared_ptr<State> state_;
};

}  // namespace lienthong::memory
