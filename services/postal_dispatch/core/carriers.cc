#include "postal_dispatch/core/carriers.h"

#include "postal_dispatch/core/item_number.h"
#include "shared_kernel/deadline.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace lienthong::postal_dispatch {
namespace {

class Findings {
 public:
  void add(const std::string& where, const std::string& what) { found_.push_back({where, what}); }
  Result<void> finish() && {
    if (found_.empty()) return {};
    return failure({ErrorCode::kInvalidArgument, "MALFORMED", "Bảng của hãng vận chuyển có lỗi: " + found_.front().field,
                    "The carriers' tables have faults: " + found_.front().field + ": " + found_.front().description,
                    std::move(found_)});
  }

 private:
  std::vector<FieldViolation> found_;
};

void check_tables(const Carrier& carrier, Findings& findings) {
  if (carrier.tables.empty()) findings.add(carrier.id, "has no table of codes");
  for (std::size_t i = 0; i < carrier.tables.size(); ++i) {
    const auto& table = carrier.tables[i];
    const std::string where = carrier.id + " version " + std::to_string(table.version);
    if (table.codes.empty()) findings.add(where, "has no codes");
    if (table.version == 0) findings.add(where, "versions count from 1");
    if (i == 0) continue;
    const auto& before = carrier.tables[i - 1];
    if (table.version <= before.version || table.valid_from <= before.valid_from)
      findings.add(where, "is not later than version " + std::to_string(before.version));
  }
}

void check_numbers(const Carrier& carrier, Findings& findings) {
  for (std::size_t i = 0; i < carrier.numbers.size(); ++i) {
    const auto& one = carrier.numbers[i];
    const std::string where = carrier.id + " numbers of " + one.home.text();
    if (!ItemNumber::make(one.range.service, one.range.to)) findings.add(where, "no service or serial of UPU S10");
    if (one.range.from > one.range.to) findings.add(where, "the range is empty");
    for (std::size_t j = 0; j < i; ++j) {
      const auto& other = carrier.numbers[j];
      const bool apart =
          other.range.service != one.range.service || other.range.to < one.range.from || one.range.to < other.range.from;
      if (!apart) findings.add(where, "the range overlaps that of " + other.home.text());
      if (other.home == one.home && other.for_bags == one.for_bags) findings.add(where, "stands twice");
    }
  }
}

void check_times(const Carrier& carrier, Findings& findings) {
  if (carrier.in_town_days < 1 || carrier.outside_days < 1) findings.add(carrier.id, "a normal time is below one day");
  for (const auto& lane : carrier.lanes) {
    if (lane.working_days < 1) findings.add(carrier.id + " lane " + lane.from + " to " + lane.to, "is below one day");
  }
}

}  // namespace

Result<Carriers> Carriers::make(std::vector<Carrier> carriers) {
  Findings findings;
  std::set<std::string> seen;
  for (const auto& carrier : carriers) {
    if (!seen.insert(carrier.id).second) findings.add(carrier.id, "stands twice");
    check_tables(carrier, findings);
    check_numbers(carrier, findings);
    check_times(carrier, findings);
  }
  if (auto checked = std::move(findings).finish(); !checked) return failure(std::move(checked.error()));
  Carriers out;
  out.carriers_ = std::move(carriers);
  return out;
}

Result<const Carrier*> Carriers::carrier(std::string_view id) const {
  const auto found =
      std::find_if(carriers_.begin(), carriers_.end(), [&](const Carrier& carrier) { return carrier.id == id; });
  if (found != carriers_.end()) return &*found;
  return failure({ErrorCode::kInvalidArgument, "CARRIER_UNKNOWN", "Không có hãng vận chuyển này; hãy kiểm tra mã hãng.",
                  "No carrier has this name; look into the carriers' tables."});
}

Result<MappedCode> Carriers::map(std::string_view carrier, std::string_view raw_code, std::string_view raw_reason,
                                 Instant scanned) const {
  const auto found = this->carrier(carrier);
  if (!found) return failure(found.error());
  const auto day = shared_kernel::day_of(scanned);
  // What is older than the first table is read by it.
  const CodeTable* table = &(*found)->tables.front();
  for (const auto& one : (*found)->tables) {
    if (one.valid_from <= day) table = &one;
  }
  const auto code = table->codes.find(raw_code);
  if (code == table->codes.end()) {
    return failure({ErrorCode::kFailedPrecondition, "CARRIER_CODE_UNKNOWN",
                    "Bảng mã của hãng vận chuyển chưa có mã " + std::string(raw_code) + "; hãy bổ sung bảng mã rồi gửi lại.",
                    "The carrier's table lacks the code " + std::string(raw_code) + "; add it and send the scan again."});
  }
  const auto reason = table->reasons.find(raw_reason);
  return MappedCode{code->second, reason == table->reasons.end() ? std::string(raw_reason) : reason->second, table->version};
}

// Codes have no bar.
std::string encode(const LaneQuery& query) {
  return std::to_string(query.shipment) + '|' + query.carrier + '|' + query.from_area + '|' + query.to_area;
}

Result<LaneQuery> decode_lane_query(std::string_view payload) {
  std::vector<std::string> parts(1);
  for (const char c : payload) {
    if (c == '|') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  LaneQuery out;
  const auto& number = parts.front();
  const auto read = std::from_chars(number.data(), number.data() + number.size(), out.shipment);
  if (parts.size() != 4 || read.ec != std::errc() || read.ptr != number.data() + number.size())
    return malformed("lane query");
  out.carrier = parts[1];
  out.from_area = parts[2];
  out.to_area = parts[3];
  return out;
}

NumberRange numbers_of(const Carrier& carrier, const HomeKey& home, bool for_bags) {
  for (const auto& one : carrier.numbers) {
    if (one.home == home && one.for_bags == for_bags) return one.range;
  }
  return {};
}

std::int64_t normal_minutes(const Carrier& carrier, std::string_view from_area, std::string_view to_area) {
  auto days = !from_area.empty() && from_area == to_area ? carrier.in_town_days : carrier.outside_days;
  for (const auto& lane : carrier.lanes) {
    if (lane.from == from_area && lane.to == to_area) days = lane.working_days;
  }
  return days * shared_kernel::kMinutesPerWorkingDay;
}

}  // namespace lienthong::postal_dispatch
