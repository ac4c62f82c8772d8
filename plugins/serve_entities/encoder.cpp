// SPDX-License-Identifier: Apache-2.0
#include "serve_entities/encoder.hpp"

#include <utility>

#include "common/entity_client/schema.hpp"

namespace sonde::serve_entities {
namespace {

using common::grpc::answer;
using common::grpc::code;
using common::grpc::refuse;

class stream_of_entities final : public answer {
public:
    explicit stream_of_entities(std::shared_ptr<feed> from) : from_(std::move(from)) {}
    [[nodiscard]] step next() override { return from_->next(); }

private:
    std::shared_ptr<feed> from_;
};

}  // namespace

result<void> encoder::configure(const settings& values) {
    auto read = read_options(values);
    if (!read) {
        return std::unexpected(read.error());
    }
    values_ = std::move(*read);
    return {};
}

result<void> encoder::start() {
    auto door = common::grpc::doorkeeper::prepare(host_, values_.at);
    if (!door) {
        return std::unexpected(door.error());
    }
    door_ = std::move(*door);
    hub_.emplace(hub_limits{.entities = values_.entity_limit,
                            .clients = values_.client_limit,
                            .client_bytes = values_.client_buffer,
                            .settle = values_.settle_time},
                 meters_);
    auto server = common::grpc::server::listen(
        door_->where(), [this](const auto& asked, const auto& self) { return answer_call(asked, self); });
    if (!server) {
        return std::unexpected(server.error());
    }
    server_.emplace(std::move(*server));
    return door_->open();
}

std::unique_ptr<answer> encoder::answer_call(const common::grpc::incoming_call& asked,
                                             const common::grpc::call_handle& self) {
    meters_.calls.add();
    if (auto refusal = door_->refusal(asked)) {
        meters_.unauthenticated.add();
        return refusal;
    }
    if (asked.method != common::entities::schema::stream_method) {
        meters_.invalid.add();
        return refuse(code::unimplemented, "there is only StreamEntities");
    }
    auto filter = common::entities::parse_filter(asked.message);
    if (!filter) {
        meters_.invalid.add();
        return refuse(code::invalid_argument, "the filter is malformed or names an unknown kind");
    }
    auto opened = hub_->open(std::move(*filter), self);
    if (!opened) {
        meters_.too_many.add();
        return refuse(code::resource_exhausted, "there are as many clients as there may be");
    }
    return std::make_unique<stream_of_entities>(std::move(*opened));
}

result<void> encoder::consume(const batch_view& batch) {
    const table::source_id from = source_of(batch);
    if (!batch.for_each([&](std::span<const std::uint8_t> envelope, std::uint64_t) { take(envelope, from); })) {
        meters_.malformed.add();
    }
    hub_->publish();
    report_room();
    return {};
}

table::source_id encoder::source_of(const batch_view& batch) {
    std::string name;
    wire::reader body(batch.body());
    const auto first = body.next();
    if (first && first->number == SONDE_BATCH_FIELD_RESOURCE) {
        wire::reader resource(first->bytes);
        while (const auto field = resource.next()) {
            if (field->number == SONDE_RESOURCE_FIELD_SOURCE || field->number == SONDE_RESOURCE_FIELD_INSTANCE) {
                name += '/';
                name += field->text();
            }
        }
    }
    const table::source_id from = hub_->source(name);
    const sonde_batch_header& header = batch.header();
    const auto [lane, is_new_lane] = incarnations_.try_emplace(header.lane_id, header.incarnation);
    if (!is_new_lane && lane->second != header.incarnation) {
        lane->second = header.incarnation;
        hub_->note_restart(from);
    }
    const auto [place, is_new] = positions_.try_emplace({header.lane_id, header.stream_id});
    position& at = place->second;
    const bool goes_on = !is_new && at.incarnation == header.incarnation;
    if (goes_on && at.next_item != header.first_item) {
        hub_->note_gap(from);
    }
    at = {header.incarnation, header.first_item + batch.items()};
    return from;
}

void encoder::take(std::span<const std::uint8_t> envelope, table::source_id from) {
    std::string_view type;
    std::span<const std::uint8_t> data;
    wire::reader in(envelope);
    while (const auto field = in.next()) {
        if (field->number == SONDE_ENVELOPE_FIELD_CONTENT_TYPE) {
            type = field->text();
        } else if (field->number == SONDE_ENVELOPE_FIELD_DATA) {
            data = field->bytes;
        }
    }
    auto event = type == common::entities::schema::event_type ? common::entities::parse_event(data) : std::nullopt;
    if (in.failed() || !event) {
        meters_.malformed.add();
        return;
    }
    hub_->take(std::move(*event), from);
}

void encoder::report_room() {
    const bool is_full = hub_->is_full();
    if (is_full == is_full_) {
        return;
    }
    is_full_ = is_full;
    if (is_full) {
        host_.report(health::recoverable, "entity_limit", "more entities than entity_limit: new ones are left out");
    } else {
        host_.report(health::ok);
    }
}

result<void> encoder::stop(std::chrono::nanoseconds) {
    server_.reset();
    hub_.reset();
    door_.reset();
    positions_.clear();
    incarnations_.clear();
    return {};
}

}  // namespace sonde::serve_entities
