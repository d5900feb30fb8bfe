#pragma once

#include "lienthong/notification/v1/events.pb.h"
#include "notification/core/notice.h"
#include "shared_kernel/adapters/values_codec.h"

/// Wire form of what both events and the stored state hold.
namespace lienthong::notification {

v1::NoticePhase encode_phase(Phase phase);
/// Errors: kInvalidArgument for a phase that no notice has.
Result<Phase> decode_phase(v1::NoticePhase phase);
v1::Channel encode_channel(NoticeChannel channel);
Result<NoticeChannel> decode_channel(v1::Channel channel);
void encode_created(const NoticeCreated& from, v1::NoticeCreated& to);
NoticeCreated decode_created(const v1::NoticeCreated& from, shared_kernel::wire::Decoding& in);
void encode_fact(const FactBody& from, v1::FactNoted& to);
/// Errors: kInvalidArgument for one that says nothing.
Result<FactBody> decode_fact(const v1::FactNoted& from);

}  // namespace lienthong::notification
