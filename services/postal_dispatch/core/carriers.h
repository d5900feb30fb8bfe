#pragma once

#include "postal_dispatch/core/post.h"
#include "shared_kernel/local_time.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lienthong::postal_dispatch {

/// What a carrier's codes mean from one day on. A code keeps the meaning it had when it was scanned.
struct CodeTable {
  std::uint32_t version = 0;
  LocalDay valid_from;
  std::map<std::string, Milestone, std::less<>> codes;
  std::map<std::string, std::string, std::less<>> reasons;  ///< The carrier's grounds and ours.
  bool operator==(const CodeTable&) const = default;
};

/// Numbers one office may give out, by what they are for.
struct OfficeNumbers {
  HomeKey home;
  bool for_bags = false;
  NumberRange range;
  bool operator==(const OfficeNumbers&) const = default;
};

/// Two areas between which another time is normal. Units: working days.
struct LaneTime {
  std::string from;
  std::string to;
  std::int64_t working_days = 0;
  bool operator==(const LaneTime&) const = default;
};

inline constexpr std::int64_t kInTownDays = 1;
inline constexpr std::int64_t kOutsideDays = 3;

struct Carrier {
  std::string id;
  std::string name;
  bool sample = false;            ///< The tables are examples, not the carrier's own.
  std::vector<CodeTable> tables;  ///< Ascending by version and day.
  std::vector<OfficeNumbers> numbers;
  std::int64_t in_town_days = kInTownDays;
  std::int64_t outside_days = kOutsideDays;
  /// Of a carrier that works round the clock: this time holds in all its lanes instead of working days; 0: it does not.
  std::int64_t clock_seconds = 0;
  std::vector<LaneTime> lanes;
  bool operator==(const Carrier&) const = default;
};

/// A raw code in our words.
struct MappedCode {
  Milestone milestone = Milestone::kOrdered;
  std::string reason;
  std::uint32_t table_version = 0;
  bool operator==(const MappedCode&) const = default;
};

/// What is known of the carriers. It is read where requests come in and what was read is recorded with the command, so that
/// deciding again needs no table. Thread-safety: immutable.
class Carriers {
 public:
  Carriers() = default;
  /// Errors: kInvalidArgument with one violation per finding: a carrier or version twice, versions out of order, no code, a
  /// number range that is empty, too long or overlaps another, a time below one day.
  static Result<Carriers> make(std::vector<Carrier> carriers);

  /// Errors: kInvalidArgument CARRIER_UNKNOWN.
  Result<const Carrier*> carrier(std::string_view id) const;
  /// What `raw_code` meant on the day of `scanned`. A ground that is in no table stays as it is.
  /// Errors: kInvalidArgument CARRIER_UNKNOWN, kFailedPrecondition CARRIER_CODE_UNKNOWN.
  Result<MappedCode> map(std::string_view carrier, std::string_view raw_code, std::string_view raw_reason,
                         Instant scanned) const;
  const std::vector<Carrier>& all() const { return carriers_; }

 private:
  std::vector<Carrier> carriers_;
};

/// What is looked up for a shipment that was ordered by itself: the payload of IntentType::kFindNormalTime.
struct LaneQuery {
  std::uint32_t shipment = 0;
  std::string carrier;
  std::string from_area;  ///< May be empty, like `to_area`.
  std::string to_area;
  bool operator==(const LaneQuery&) const = default;
};
std::string encode(const LaneQuery& query);
/// Errors: kInvalidArgument.
Result<LaneQuery> decode_lane_query(std::string_view payload);

/// The range of an office; without service when it has none: the carrier gives numbers.
NumberRange numbers_of(const Carrier& carrier, const HomeKey& home, bool for_bags);
/// Units: working minutes. Two areas that are the same are one town; an empty area is outside.
std::int64_t normal_minutes(const Carrier& carrier, std::string_view from_area, std::string_view to_area);

}  // namespace lienthong::postal_dispatch
