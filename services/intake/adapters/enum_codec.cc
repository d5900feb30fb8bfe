#include "intake/adapters/enum_codec.h"

namespace lienthong::intake {

v1::ApplicantKind encode_enum(ApplicantKind kind) {
  switch (kind) {
    case ApplicantKind::kUnspecified: return v1::APPLICANT_KIND_UNSPECIFIED;
    case ApplicantKind::kCitizen: return v1::APPLICANT_KIND_CITIZEN;
    case ApplicantKind::kBusiness: return v1::APPLICANT_KIND_BUSINESS;
    case ApplicantKind::kOrganisation: return v1::APPLICANT_KIND_ORGANISATION;
    case ApplicantKind::kAgency: return v1::APPLICANT_KIND_AGENCY;
  }
  return v1::APPLICANT_KIND_UNSPECIFIED;
}

v1::Channel encode_enum(Channel channel) {
  switch (channel) {
    case Channel::kUnspecified: return v1::CHANNEL_UNSPECIFIED;
    case Channel::kCounter: return v1::CHANNEL_COUNTER;
    case Channel::kOnline: return v1::CHANNEL_ONLINE;
    case Channel::kPost: return v1::CHANNEL_POST;
  }
  return v1::CHANNEL_UNSPECIFIED;
}

Result<ApplicantKind> decode_enum(v1::ApplicantKind kind) {
  switch (kind) {
    case v1::APPLICANT_KIND_UNSPECIFIED: return ApplicantKind::kUnspecified;
    case v1::APPLICANT_KIND_CITIZEN: return ApplicantKind::kCitizen;
    case v1::APPLICANT_KIND_BUSINESS: return ApplicantKind::kBusiness;
    case v1::APPLICANT_KIND_ORGANISATION: return ApplicantKind::kOrganisation;
    case v1::APPLICANT_KIND_AGENCY: return ApplicantKind::kAgency;
    case v1::ApplicantKind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::ApplicantKind_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("applicant_kind " + std::to_string(static_cast<int>(kind)));
}

Result<Channel> decode_enum(v1::Channel channel) {
  switch (channel) {
    case v1::CHANNEL_UNSPECIFIED: return Channel::kUnspecified;
    case v1::CHANNEL_COUNTER: return Channel::kCounter;
    case v1::CHANNEL_ONLINE: return Channel::kOnline;
    case v1::CHANNEL_POST: return Channel::kPost;
    case v1::Channel_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Channel_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("channel " + std::to_string(static_cast<int>(channel)));
}

Result<NationalStatus> decode_status(std::uint32_t code) {
  const auto status = shared_kernel::national_status(code);
  if (!status) return malformed("national status " + std::to_string(code));
  return *status;
}

}  // namespace lienthong::intake
