#pragma once

#include "intake/core/dossier.h"
#include "lienthong/intake/v1/events.pb.h"
#include "platform/base/result.h"

#include <cstdint>

namespace lienthong::intake {

v1::ApplicantKind encode_enum(ApplicantKind kind);
v1::Channel encode_enum(Channel channel);
v1::ResultDelivery encode_enum(Delivery delivery);
/// Errors: kInvalidArgument on a number without meaning.
Result<ApplicantKind> decode_enum(v1::ApplicantKind kind);
Result<Channel> decode_enum(v1::Channel channel);
Result<Delivery> decode_enum(v1::ResultDelivery delivery);
void encode_wish(const PostalWish& from, v1::PostalWish& to);
/// Errors: kInvalidArgument without carrier or wish, or with an amount outside of 0..1,000,000,000.
Result<PostalWish> decode_wish(const v1::PostalWish& from);
/// Errors: kInvalidArgument outside of 1..10.
Result<NationalStatus> decode_status(std::uint32_t code);

}  // namespace lienthong::intake
