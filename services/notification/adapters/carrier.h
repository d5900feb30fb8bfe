#pragma once

#include "notification/core/notice.h"
#include "platform/base/instant.h"

#include <atomic>
#include <optional>
#include <string>

namespace lienthong::notification {

/// A notice as a provider gets it.
struct Message {
  std::string key;  ///< The same for every attempt.
  std::string to;
  std::string subject;
  std::string body;
  Instant date;
};

/// What a provider made of it.
struct Carried {
  SendResult result = SendResult::kTechnical;
  std::string reason_code;
  std::string reference;
  Instant retry_at;  ///< Of kDeferred.
};

/// A provider of notices. Thread-safety: any thread; may block, but ends soon once `stopping` is true.
class Carrier {
 public:
  virtual ~Carrier() = default;
  /// Nothing: it was broken off because this process ends, and nothing is known.
  virtual std::optional<Carried> carry(const Message& message, const std::atomic<bool>& stopping) = 0;
};

/// Calls nobody and answers always the same: for trials, and to see how each kind of answer is dealt with.
class TrialCarrier final : public Carrier {
 public:
  explicit TrialCarrier(SendResult result) : result_(result) {}
  std::optional<Carried> carry(const Message& message, const std::atomic<bool>&) override {
    return Carried{result_, result_ == SendResult::kSent ? "" : "TRIAL", "trial-" + message.key, {}};
  }

 private:
  SendResult result_;
};

}  // namespace lienthong::notification
