#pragma once

#include "intake/adapters/key_store.h"
#include "lienthong/kernel/v1/values.pb.h"
#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/ids.h"

#include <string>
#include <string_view>

namespace lienthong::intake {

/// Seals `plain` for one dossier: `part` goes into the leaf, the reference to it into the command.
ledger::v1::SealedPart seal_for(const ContentKey& key, const DossierId& dossier, std::string_view plain, kernel::v1::SealedRef& reference);
/// The way back. Errors: kDataLoss, reason SEAL_BROKEN.
Result<std::string> unseal_for(const crypto::Key& key, const DossierId& dossier, std::string_view ciphertext);

}  // namespace lienthong::intake
