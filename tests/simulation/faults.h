#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lienthong::simulation {

/// Everything that is done to the lanes. Each kind must be seen often enough in a suite, or the suite proves nothing.
enum class Fault : std::uint8_t {
  kCrash,
  kDiesDeciding,
  kTwoOwners,
  kFrozen,
  kAppendDelayed,
  kAppendDropped,
  kAppendDuplicated,
  kAppendReordered,
  kAppendAfterDestroy,
  kForeignRecord,
  kReportLost,
  kReportWithoutOffset,
  kReportFatal,
  kFetchDelayed,
  kEndOffsetFails,
  kProjectionRolledBack,
  kProjectionWiped,
  kApplyHalf,
  kApplyAnswerLost,
  kProjectionFails,
  kProjectionLate,
  kClockJumpForward,
  kClockJumpBack,
  kClockUntrusted,
  kReplyLost,
  kRequestRepeated,
  kRequestReused,
  kRelayCrash,
  kPublishFails,
  kPublishReportLost,
  kPublishedAfterReset,
  kCount_,
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(Fault::kCount_);

inline constexpr std::array<std::string_view, kFaultKinds> kFaultNames = {"crash",
                                                                          "dies_deciding",
                                                                          "two_owners",
                                                                          "frozen",
                                                                          "append_delayed",
                                                                          "append_dropped",
                                                                          "append_twice",
                                                                          "append_reordered",
                                                                          "append_after_destroy",
                                                                          "foreign_record",
                                                                          "report_lost",
                                                                          "report_without_offset",
                                                                          "report_fatal",
                                                                          "fetch_delayed",
                                                                          "end_offset_fails",
                                                                          "projection_rolled_back",
                                                                          "projection_wiped",
                                                                          "apply_half",
                                                                          "apply_answer_lost",
                                                                          "projection_fails",
                                                                          "projection_late",
                                                                          "clock_forward",
                                                                          "clock_back",
                                                                          "clock_untrusted",
                                                                          "reply_lost",
                                                                          "request_repeated",
                                                                          "request_reused",
                                                                          "relay_crash",
                                                                          "publish_fails",
                                                                          "publish_report_lost",
                                                                          "published_after_reset"};

}  // namespace lienthong::simulation
