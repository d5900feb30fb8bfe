#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lienthong::shared_kernel {

/// Public status of a dossier, the interface to the National Public Service Portal (Cổng Dịch vụ công quốc gia).
/// Source: status list of the portal's dossier synchronisation, codes 1..10.
enum class NationalStatus : std::uint8_t {
  kSubmitted = 1,
  kReceived = 2,
  kNotAccepted = 3,
  kInProcess = 4,
  kSupplementRequested = 5,
  kFinancialDutyRequested = 6,
  kWithdrawalRequested = 7,
  kStopped = 8,
  kProcessed = 9,
  kHandedOver = 10,
};

/// Nothing for a number that is no status.
std::optional<NationalStatus> national_status(std::uint32_t code);
std::uint32_t code_of(NationalStatus status);
std::string_view vietnamese_name(NationalStatus status);
std::string_view english_name(NationalStatus status);
/// True once processing has ended in law (statuses 3, 7, 8, 9, 10).
bool is_terminal(NationalStatus status);

}  // namespace lienthong::shared_kernel
