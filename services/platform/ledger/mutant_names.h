#pragma once

namespace lienthong::ledger {

/// Seeded faults that the simulation must find (docs/ledger.md). Each stands beside the line it breaks.
enum class Mutant {
  kNone,
  kReplyOnReport,
  kReportBeyondTail,
  kTwoUnconfirmed,
  kCursorBeforeConfirm,
  kCursorOutsideBlock,
  kRequestsNotFolded,
  kCounterOutsideBlock,
  kTimerWithoutGeneration,
  kApplyWithoutWatermark,
  kLoadWithoutWatermark,
  kRefusalWithoutBarrier,
  kSourceUnchecked,
  kHalfApplyWithoutAsof,
  kWatermarkFirst,
  kScanKeptAcrossForeignBlock,
  kCursorByWholeBlock,
  kCallBeforeConfirm,
  kResumeOvertakesQueue,
  kRebaseWithoutDeciding,
  kApplyIncludesScratch,
  kCounterAsIncrement,
  kQueuedAlsoProcessed,
  kSkippedValueUnpinned,
  kUnpinAllAtReply,
  kRelayedAtSend,
  kSkipByOnePerson,
};

}  // namespace lienthong::ledger
