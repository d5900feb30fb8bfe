#include "notification/core/notice_values.h"

#include "shared_kernel/local_time.h"

#include <algorithm>

namespace lienthong::notification {
namespace {

using shared_kernel::Catalogue;
using shared_kernel::NoticeLanguage;

const std::string& in(const shared_kernel::Name& name, NoticeLanguage language) {
  return language == NoticeLanguage::kEnglish && !name.en.empty() ? name.en : name.vi;
}

std::string agency_name(const Catalogue& catalogue, const std::string& code, NoticeLanguage language) {
  const auto* agency = catalogue.agency(code);
  return agency == nullptr ? code : in(agency->name, language);
}

std::string leg_name(const Catalogue& catalogue, const Contents& contents, NoticeLanguage language) {
  const auto* procedure = catalogue.procedure(contents.procedure_code);
  if (procedure == nullptr) return contents.leg_id;
  for (auto version = procedure->versions.rbegin(); version != procedure->versions.rend(); ++version) {
    if (const auto* leg = version->leg(contents.leg_id)) return in(leg->name, language);
  }
  return contents.leg_id;
}

/// Of the version the dossier was received under, in their order: what is done in one dossier of a linked procedure.
std::string leg_names(const Catalogue& catalogue, const Contents& contents, NoticeLanguage language) {
  const auto in_force = catalogue.procedure(contents.procedure_code, contents.received_at);
  if (!in_force) return contents.procedure_code;
  std::string out;
  for (const auto& leg : in_force->version->legs) out += (out.empty() ? "" : "; ") + in(leg.name, language);
  return out;
}

/// A ground of this system's own in words; those of agencies stand for themselves.
std::string ground_name(const std::string& code, NoticeLanguage language) {
  if (code != "WITHDRAWN") return code;
  return language == NoticeLanguage::kEnglish ? "the applicant has withdrawn it." : "người nộp đã rút hồ sơ.";
}

/// `08:00 ngày 02/03/2026`, as receipts print it; in English `2026-03-02 08:00`.
std::string time_text(Instant at, NoticeLanguage language) {
  if (at.micros == 0) return "";
  const auto text = shared_kernel::format_local_minute(shared_kernel::minute_of(at));
  if (language == NoticeLanguage::kEnglish) return text;
  return text.substr(11) + " ngày " + text.substr(8, 2) + '/' + text.substr(5, 2) + '/' + text.substr(0, 4);
}

}  // namespace

shared_kernel::NoticeValues values_of(const Catalogue& catalogue, const Contents& contents, const std::string& dossier_id,
                                      NoticeLanguage language) {
  const auto* procedure = catalogue.procedure(contents.procedure_code);
  return {{"dossier_id", dossier_id},
          {"dossier_code", contents.dossier_code},
          {"procedure_code", contents.procedure_code},
          {"procedure_name", procedure == nullptr ? contents.procedure_code : in(procedure->name, language)},
          {"receiving_agency", agency_name(catalogue, contents.received_by, language)},
          {"agency", agency_name(catalogue, contents.agency, language)},
          {"leg_name", leg_name(catalogue, contents, language)},
          {"leg_names", leg_names(catalogue, contents, language)},
          {"reason_code", contents.reason_code},
          {"reason", ground_name(contents.reason_code, language)},
          {"received_time", time_text(contents.received_at, language)},
          {"appointment_time", time_text(contents.appointment_at, language)},
          {"new_appointment_time", time_text(contents.new_appointment_at, language)},
          {"due_time", time_text(contents.due_at, language)},
          {"processed_time", time_text(contents.processed_at, language)}};
}

std::string masked_email(const std::string& address) {
  const auto at = address.rfind('@');
  if (at == std::string::npos || at == 0) return "***";
  return address.substr(0, 1) + "***" + address.substr(at);
}

std::string masked_phone(const std::string& number) {
  if (number.size() < 8) return "***";
  return number.substr(0, 3) + "***" + number.substr(number.size() - 2);
}

}  // namespace lienthong::notification
