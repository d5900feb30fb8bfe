#pragma once

#include "lienthong/monitoring/v1/read_model.pb.h"
#include "monitoring/core/dossier.h"

#include <string_view>
#include <vector>

namespace lienthong::monitoring {

/// Raised whenever a stored form or what is made of the ledgers changes: a read model of another version is built anew.
inline constexpr int kReadModelVersion = 6;

void store(const Decision& from, v1::StoredEntry& to);
/// Appends the decisions of one stored row. Events come back without what is not part of the timeline.
void restore(const v1::StoredEntries& from, std::vector<Decision>& to);

void store(const Dossier& from, v1::StoredDetail& to);
void restore(const v1::StoredDetail& from, Dossier& to);

}  // namespace lienthong::monitoring
