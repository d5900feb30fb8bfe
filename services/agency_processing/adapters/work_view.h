#pragma once

#include "lienthong/agency/v1/agency_service.pb.h"
#include "lienthong/agency/v1/state.pb.h"
#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/ids.h"
#include "platform/base/result.h"
#include "shared_kernel/home_key.h"

#include <cstdint>
#include <string>

namespace lienthong::agency_processing {

namespace v1 = ::lienthong::agency::v1;

/// Agency-processing's own part of a stored dossier. Errors: kDataLoss when it can't be read.
Result<v1::StoredCase> stored_case(const ::lienthong::ledger::v1::DossierValue& value);

/// Null when the dossier has no such leg; attempt 0 means the current one.
const v1::StoredWork* find_work(const v1::StoredCase& stored, std::uint32_t leg, std::uint32_t attempt);

/// The work as the API shows it, without personal data.
v1::WorkItem work_item(const DossierId& dossier, std::uint64_t revision, const v1::StoredCase& stored,
                       const v1::StoredWork& work);

v1::WorkState state_of(v1::WorkPhase phase);
/// Bucket of the inbox index that holds work of this state, e.g. `awaiting_supplement`.
const char* bucket_of(v1::WorkState state);
/// `<home key>_<26 characters>`
std::string dossier_text(const std::string& home_key, const DossierId& dossier);

/// No such work, or not the caller's: one text, so that neither can be told from the other.
Error work_not_found();

}  // namespace lienthong::agency_processing
