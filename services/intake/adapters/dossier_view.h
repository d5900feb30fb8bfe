#pragma once

#include "lienthong/intake/v1/intake_service.pb.h"
#include "lienthong/intake/v1/state.pb.h"
#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/result.h"
#include "shared_kernel/dossier_id.h"

namespace lienthong::intake {

/// Intake's own part of a stored dossier. Errors: kDataLoss when it can't be read.
Result<v1::StoredDossier> stored_dossier(const ledger::v1::DossierValue& value);

/// The dossier as the API shows it, without personal data.
v1::Dossier dossier_view(const shared_kernel::DossierName& name, const ledger::v1::DossierValue& value,
                         const v1::StoredDossier& stored);

}  // namespace lienthong::intake
