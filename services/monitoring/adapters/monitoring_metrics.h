#pragma once

#include "monitoring/adapters/ledger_feed.h"
#include "monitoring/adapters/read_model.h"
#include "platform/observe/metrics.h"
#include "shared_kernel/catalogue.h"

namespace lienthong::monitoring {

/// What Prometheus sees of all ledgers. Machine time (seconds of ours) and statutory time (appointments and agencies) are
/// different metrics: `lienthong_dossiers_open` and `lienthong_leg_*` belong to the law, everything else to the machine.
/// Blocks for some queries of the read model; what it does not answer is left out. `catalogue`: the one in force, null
/// before the first.
void collect(const FlowView& flow, ReadModelViews& views, const shared_kernel::Catalogue* catalogue, Instant now,
             observe::Metrics& out);

}  // namespace lienthong::monitoring
