#include "intake/adapters/content_seal.h"

#include "platform/crypto/sha256.h"

namespace lienthong::intake {

ledger::v1::SealedPart seal_for(const ContentKey& key, const DossierId& dossier, std::string_view plain, kernel::v1::SealedRef& reference) {
  ledger::v1::SealedPart part;
  part.set_key_ref(key.ref);
  // Bound to its dossier: moved to another one it does not open.
  part.set_ciphertext(crypto::seal(key.key, plain, dossier.view()));
  reference.set_key_ref(key.ref);
  reference.set_sha256(std::string(crypto::sha256({part.ciphertext()}).view()));
  return part;
}

Result<std::string> unseal_for(const crypto::Key& key, const DossierId& dossier, std::string_view ciphertext) {
  return crypto::open_sealed(key, ciphertext, dossier.view());
}

}  // namespace lienthong::intake
