#pragma once

#include "platform/base/error.h"
#include "platform/base/ids.h"
#include "platform/base/instant.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How far public events are with a subscriber. A line is what one subscription is sent of one partition: an entity of its
/// own in that partition of notification's ledger, so that whoever owns the partition sends, and goes on where it was left.
namespace lienthong::notification {

/// Everything of this ledger before the block is with the subscriber or was given up.
struct LinePosition {
  std::string ledger;
  std::int64_t offset = 0;
  std::uint64_t block_seq = 0;
  std::uint32_t before = 0;  ///< First bytes of the hash of the block before.
  bool operator==(const LinePosition&) const = default;
};

struct DeliveryTried {
  std::string event;  ///< `ce_id`.
  bool delivered = false;
  std::uint32_t attempts = 0;
  std::uint32_t status = 0;  ///< HTTP; 0: none came.
  std::string reason_code;
  Instant at;
  bool operator==(const DeliveryTried&) const = default;
};

struct FailingEvent {
  std::string event;
  Instant since;
  std::uint32_t attempts = 0;
  std::string reason_code;
  bool operator==(const FailingEvent&) const = default;
};

// ---- commands

/// By the process that sends: the catalogue has a subscription without a line.
struct OpenLine {
  std::string subscription;
  Instant since;
  bool operator==(const OpenLine&) const = default;
};
/// By the process that sends; also the event of the same content.
struct DeliveriesReported {
  std::vector<LinePosition> positions;
  std::vector<DeliveryTried> tried;
  std::vector<FailingEvent> failing;
  std::string suspended;  ///< Not empty: sending has ended, for this reason.
  bool operator==(const DeliveriesReported&) const = default;
};
struct ReportDeliveries {
  std::uint32_t epoch = 0;  ///< Another one was overtaken by an operator.
  DeliveriesReported report;
  bool operator==(const ReportDeliveries&) const = default;
};
/// By an operator: sending goes on, where it was or from an earlier time; one event may be given up.
struct SteerLine {
  std::string give_up;
  Instant replay_since;
  bool operator==(const SteerLine&) const = default;
};

// ---- events

struct LineOpened {
  std::string subscription;
  Instant since;
  bool operator==(const LineOpened&) const = default;
};
struct LineSteered {
  std::string given_up;
  Instant replay_since;
  bool operator==(const LineSteered&) const = default;
};

// ---- state

struct WebhookLine {
  std::string subscription;
  std::uint32_t epoch = 0;
  Instant since;
  std::vector<LinePosition> positions;  ///< A ledger that is missing: from its beginning.
  std::vector<FailingEvent> failing;
  std::vector<std::string> given_up;
  std::vector<DeliveryTried> tried;  ///< The last ones, oldest first.
  std::uint64_t delivered = 0;
  Instant suspended_at;  ///< Zero: it runs.
  std::string suspended;
  bool operator==(const WebhookLine&) const = default;

  bool runs() const { return suspended_at.micros == 0; }
};

/// Attempts a line remembers; all of them stand in the ledger.
inline constexpr std::size_t kTriedKept = 32;
/// Each is an operator's word of its own, so that many are passed before so many are given.
inline constexpr std::size_t kGivenUpKept = 64;

void evolve(std::optional<WebhookLine>& line, const LineOpened& event);
void evolve(WebhookLine& line, Instant at, const DeliveriesReported& event);
void evolve(WebhookLine& line, const LineSteered& event);

}  // namespace lienthong::notification
