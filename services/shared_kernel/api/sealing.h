#pragma once

#include "lienthong/kernel/v1/values.pb.h"
#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/ids.h"
#include "platform/crypto/seal.h"

#include <string>
#include <string_view>

namespace lienthong::shared_kernel::api {

/// A key that content of one dossier is sealed with.
struct ContentKey {
  std::string ref;  ///< Names it in the ledger; says nothing about it.
  crypto::Key key;
};

/// Seals `plain` for one dossier: the result goes into the leaf, `reference` into the command.
::lienthong::ledger::v1::SealedPart seal_for(const ContentKey& key, const DossierId& dossier, std::string_view plain,
                                             ::lienthong::kernel::v1::SealedRef& reference);
/// The way back. Errors: kDataLoss, reason SEAL_BROKEN.
Result<std::string> unseal_for(const crypto::Key& key, const DossierId& dossier, std::string_view ciphertext);

/// The personal data of the dossier has been erased: nobody can read or add to it any more.
Error personal_data_erased();

}  // namespace lienthong::shared_kernel::api
