#include "intake/adapters/enum_codec.h"

#include "shared_kernel/adapters/values_codec.h"

namespace lienthong::intake {

namespace wire = shared_kernel::wire;

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

v1::ResultDelivery encode_enum(Delivery delivery) {
  switch (delivery) {
    case Delivery::kNone: return v1::RESULT_DELIVERY_UNSPECIFIED;
    case Delivery::kRequested: return v1::RESULT_DELIVERY_REQUESTED;
    case Delivery::kDelivered: return v1::RESULT_DELIVERY_DELIVERED;
    case Delivery::kReturned: return v1::RESULT_DELIVERY_RETURNED;
    case Delivery::kLost: return v1::RESULT_DELIVERY_LOST;
  }
  return v1::RESULT_DELIVERY_UNSPECIFIED;
}

Result<Delivery> decode_enum(v1::ResultDelivery delivery) {
  switch (delivery) {
    case v1::RESULT_DELIVERY_UNSPECIFIED: return Delivery::kNone;
    case v1::RESULT_DELIVERY_REQUESTED: return Delivery::kRequested;
    case v1::RESULT_DELIVERY_DELIVERED: return Delivery::kDelivered;
    case v1::RESULT_DELIVERY_RETURNED: return Delivery::kReturned;
    case v1::RESULT_DELIVERY_LOST: return Delivery::kLost;
    case v1::ResultDelivery_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::ResultDelivery_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("result_delivery " + std::to_string(static_cast<int>(delivery)));
}

void encode_wish(const PostalWish& from, v1::PostalWish& to) {
  to.set_carrier(from.carrier);
  if (from.pick_up_at) wire::encode(*from.pick_up_at, *to.mutable_pick_up_at());
  if (from.deliver_to) wire::encode(*from.deliver_to, *to.mutable_deliver_to());
  to.set_collect(from.collect);
  to.set_pick_up_fee(from.pick_up_fee);
}

Result<PostalWish> decode_wish(const v1::PostalWish& from) {
  wire::Decoding in;
  PostalWish to{in.take(wire::decode_code(from.carrier(), "post.carrier")), {}, {}, from.collect(), from.pick_up_fee()};
  if (from.has_pick_up_at()) to.pick_up_at = in.take(wire::decode(from.pick_up_at()));
  if (from.has_deliver_to()) to.deliver_to = in.take(wire::decode(from.deliver_to()));
  if (!to.pick_up_at && !to.deliver_to) return malformed("post: nothing is asked for");
  if (to.collect < 0 || to.collect > kCollectMax) return malformed("post.collect " + std::to_string(to.collect));
  if (to.pick_up_fee < 0 || to.pick_up_fee > kCollectMax)
    return malformed("post.pick_up_fee " + std::to_string(to.pick_up_fee));
  return in.finish(std::move(to));
}

Result<NationalStatus> decode_status(std::uint32_t code) {
  const auto status = shared_kernel::national_status(code);
  if (!status) return malformed("national status " + std::to_string(code));
  return *status;
}

}  // namespace lienthong::intake
