#include "shared_kernel/api/sealing.h"

#include "platform/crypto/sha256.h"

namespace lienthong::shared_kernel::api {

::lienthong::ledger::v1::SealedPart seal_for(const ContentKey& key, const DossierId& dossier, std::string_view plain,
                                             ::lienthong::kernel::v1::SealedRef& reference) {
  ::lienthong::ledger::v1::SealedPart part;
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

Error personal_data_erased() {
  return {ErrorCode::kFailedPrecondition, "PERSONAL_DATA_ERASED",
          "Dữ liệu cá nhân của hồ sơ đã bị xóa vĩnh viễn, không thể đọc hay bổ sung.",
          "The personal data of this dossier has been erased for good; it can neither be read nor added to."};
}

}  // namespace lienthong::shared_kernel::api
