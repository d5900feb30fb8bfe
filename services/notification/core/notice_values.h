#pragma once

#include "notification/core/notice.h"
#include "shared_kernel/catalogue.h"
#include "shared_kernel/notice_text.h"

#include <string>

namespace lienthong::notification {

/// What a text may tell but for what is personal: codes as the notice recorded them, names as the catalogue has them now.
/// A code the catalogue has lost stands for itself. `dossier_id` as in the API. `reason` is the ground, for a notice without
/// a reason in the agency's words.
shared_kernel::NoticeValues values_of(const shared_kernel::Catalogue& catalogue, const Contents& contents,
                                      const std::string& dossier_id, shared_kernel::NoticeLanguage language);

/// `n***@example.vn`, `+84***00`: enough to recognise, too little to use.
std::string masked_email(const std::string& address);
std::string masked_phone(const std::string& number);

}  // namespace lienthong::notification
