#pragma once

#include "notification/core/notice.h"
#include "platform/http/signed_door.h"
#include "platform/ledger/gateway.h"
#include "platform/ports/clock.h"
#include "platform/ports/projection.h"

#include <atomic>
#include <string>

namespace lienthong::notification {

/// What a provider reports, as it came.
struct ReceiptReport {
  std::string key;  ///< Of the notice, 32 hexadecimal digits: the `id` it was sent with.
  Receipt receipt = Receipt::kDelivered;
  std::string reason_code;
  bool operator==(const ReceiptReport&) const = default;
};

/// Reads `{"id": "...", "status": "delivered" | "permanent-failure" | "temporary-failure", "code": "..."}`; other fields are
/// not looked at. Errors: kInvalidArgument.
Result<ReceiptReport> read_receipt(const std::string& body);

/// All of it must outlive it.
struct ReceiptParts {
  ledger::Gateway& gateway;
  ports::Query& query;
  const ports::Clock& clock;
  std::string principal;  ///< This process, in the catalogue.
};

/// Takes providers' receipts that came in by HTTP, signed: finds the notice by its key and tells its lane.
/// Thread-safety: any thread; blocks until the lane has answered, at most 5 s, or until `stopping` is true.
class ReceiptTaker {
 public:
  explicit ReceiptTaker(ReceiptParts parts) : parts_(std::move(parts)) {}
  /// Answers: 204 recorded, or known before; 400 not readable; 404 no notice that awaits one has this key; 409 it was not
  /// handed to this provider; 503 with a time, to be sent again.
  http::DoorAnswer take(const std::string& provider, const http::SignedMessage& message,
                        const std::atomic<bool>& stopping) const;

 private:
  ReceiptParts parts_;
};

}  // namespace lienthong::notification
