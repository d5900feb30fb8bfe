#pragma once

#include "platform/ports/installation.h"

#include <string>
#include <vector>

namespace lienthong::sqlite {

/// Writes block 0 of every partition that has none, in the log file at `path`.
/// Idempotent: partitions that have one keep it. Errors: kUnavailable when the file can't be written; kFailedPrecondition
/// when a ledger exists already with another number of partitions.
Result<void> make_ledgers(const std::string& path, const ports::Installation& installation, ports::Entropy& entropy,
                          Instant now);

/// Compares the log file with what these ledgers must be.
/// Errors: kUnavailable when the file can't be read.
Result<ports::InterlockReport> check_ledgers(const std::string& path, const std::vector<LedgerName>& ledgers);

}  // namespace lienthong::sqlite
