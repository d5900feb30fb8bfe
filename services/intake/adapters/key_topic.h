#pragma once

namespace lienthong::intake {

/// Wrapped keys of sealed content, one record each, compacted; as many partitions as intake's ledger.
inline constexpr const char* kKeyTopic = "lienthong.intake.keys";

}  // namespace lienthong::intake
