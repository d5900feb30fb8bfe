#pragma once

#include "lienthong/monitoring/v1/monitoring_service.pb.h"
#include "monitoring/adapters/ledger_feed.h"
#include "monitoring/adapters/read_model.h"
#include "monitoring/core/timeline.h"
#include "shared_kernel/catalogue.h"

#include <string>

/// What the interface shows of the read model.
namespace lienthong::monitoring {

/// `<home key>_<26 characters>`; the 26 characters alone while no decision that names the desk has been read.
std::string name_of(const FoundDossier& found);
std::string tier_of(const shared_kernel::Catalogue& catalogue, const std::string& agency);

v1::DossierSummary summary(const FoundDossier& found, const shared_kernel::Catalogue& catalogue, Instant now);
void show(const Entry& entry, std::uint32_t partition, v1::TimelineEntry& out);
void show(const Hop& hop, const shared_kernel::Catalogue& catalogue, v1::Hop& out);
void show(const Custody& custody, v1::Custody& out);
void show(const PaperStands& paper, v1::ShipmentSummary& out);
void show(const NoticeStands& notice, v1::NoticeSummary& out);
v1::StuckDossier stuck(const StuckFound& found, const shared_kernel::Catalogue& catalogue, Instant now);

void show_position(const LaneView& lane, v1::ReadPosition& out);
/// `timers_due` comes from the read model.
void show(const LaneView& lane, const FlowView& flow, std::uint64_t timers_due, Instant now, v1::LaneFlow& out);
/// True when nothing is missing.
bool show(const FlowView& flow, Instant now, v1::GetReconciliationResponse& out);

}  // namespace lienthong::monitoring
