#pragma once

#include "lienthong/postal/v1/postal_service.pb.h"
#include "platform/http/http_client.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::postal_dispatch {

namespace v1 = ::lienthong::postal::v1;

/// Sender or receiver of an item. Personal; lives as long as the call.
struct Party {
  std::string name;
  std::string phone;
  std::string address;
  std::string province;
  std::string district;  ///< Since 2025 there is none.
};

/// What a carrier is asked to carry.
struct CarrierOrder {
  std::string number;  ///< Ours, the same at every call; see order_number.
  Party sender;
  Party receiver;
  std::string contents;     ///< Codes and counts of the papers.
  std::string description;  ///< Code of the dossier; may be empty.
  std::int64_t cod_amount = 0;
  bool pick_up = false;  ///< Fetch it at the sender's.
};

/// What came of a call.
enum class Answered : std::uint8_t {
  kDone,
  kUnknown,   ///< There is no such order.
  kRefused,   ///< For good; see the reason.
  kUnderway,  ///< Too late to cancel.
  kQuota,     ///< No more orders for now.
  kAway,      ///< Nothing is known: ask again later. See the reason.
};
struct CarrierAnswer {
  Answered what = Answered::kAway;
  std::string item;    ///< S10 number, with an order that stands.
  std::string reason;  ///< A name, e.g. `HTTP_503` or `LINE_LOST`.
};
struct CarrierScans {
  Answered what = Answered::kAway;
  std::string reason;
  std::vector<v1::Scan> scans;
  std::size_t unreadable = 0;
  std::uint64_t cursor = 0;  ///< Where to go on.
  bool more = false;
};

/// A carrier as orders are given to it. Every call returns nothing when it was broken off by `stopping`.
/// Thread-safety: any thread; calls block.
class CarrierConnection {
 public:
  virtual ~CarrierConnection() = default;
  /// Whether an order stands, and its item. Asked before an order is given, for the answer of an earlier call may be lost.
  virtual std::optional<CarrierAnswer> find(const std::string& order_number, const std::atomic<bool>& stopping) = 0;
  virtual std::optional<CarrierAnswer> order(const CarrierOrder& order, const std::atomic<bool>& stopping) = 0;
  virtual std::optional<CarrierAnswer> cancel(const std::string& order_number, const std::atomic<bool>& stopping) = 0;
  virtual std::optional<CarrierScans> track(std::uint64_t since, std::size_t limit, const std::atomic<bool>& stopping) = 0;
};

struct HttpCarrier {
  std::string carrier;  ///< As in its table.
  std::string url;
  std::string customer_code;
  std::string token;  ///< Empty: none is sent.
  std::string authorities;
  http::Limits limits;
};
/// Speaks JSON over HTTP with the field set of the national post's order message.
std::unique_ptr<CarrierConnection> make_http_connection(HttpCarrier carrier);

/// Scans in a carrier's JSON: a list of `{itemNumber, code, time, place, reason, amount, receipt, proof}`. One that can't be
/// read is counted in `unreadable` and left out.
CarrierScans read_scans(const std::string& carrier, const std::string& json);

}  // namespace lienthong::postal_dispatch
