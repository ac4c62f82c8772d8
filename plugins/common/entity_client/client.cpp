// SPDX-License-Identifier: Apache-2.0
#include "common/entity_client/client.hpp"

#include <utility>

#include "common/entity_client/schema.hpp"

namespace sonde::common::entities {

entity_client::entity_client(const host& on, client_options options, entity_listener& to, std::uint32_t seed)
    : options_(std::move(options)), token_(options_.token_file),
      backoff_(options_.first_pause, options_.longest_pause, seed), mirror_(to, options_.most_entities),
      attempts_(on.make_counter("entity_client.attempts", "{attempt}", "Attempts to follow the server")),
      failures_(on.make_counter("entity_client.failures", "{attempt}", "Streams that ended or never began")),
      set_(on.make_counter("entity_client.events", "{event}", "Changes told", {{"action", "set"}})),
      unset_(on.make_counter("entity_client.events", "{event}", "Changes told", {{"action", "unset"}})),
      silent_(on.make_counter("entity_client.silent", "{event}", "Events that changed nothing")),
      malformed_(on.make_counter("entity_client.malformed", "{event}", "Events that made no sense")),
      resyncs_(on.make_counter("entity_client.resyncs", "{resync}", "Snapshots compared with what was known")),
      connected_(on.make_gauge("entity_client.connected", "", "1 while the snapshot is whole and changes follow")),
      entities_(on.make_gauge("entity_client.entities", "{entity}", "Entities that are known")),
      pause_(on.make_gauge("entity_client.pause", "ns", "Pause before the next attempt; 0 while there is a stream")) {}

entity_client::~entity_client() {
    if (client_ && call_ != 0) {
        client_->cancel(call_);
    }
}

void entity_client::turn(std::chrono::nanoseconds now) {
    now_ = now;
    if (client_) {
        client_->drive();
    }
    if (now >= due_) {
        if (call_ == 0) {
            connect();
        } else {
            client_->cancel(std::exchange(call_, 0));
            pause("the server has been silent for too long");
        }
    }
    publish_counts();
}

void entity_client::connect() {
    attempts_.add();
    grpc::call_request what{std::string(schema::stream_method), encode(options_.filter), {}, {}, false};
    if (!options_.token_file.empty()) {
        const auto token = token_.current();
        if (!token) {
            pause(token.error().message());
            return;
        }
        what.headers.emplace_back("authorization", "Bearer " + *token);
    }
    if (!client_) {
        auto made = grpc::client::make(options_.server);
        if (!made) {
            pause(made.error().message());
            return;
        }
        client_.emplace(std::move(*made));
    }
    mirror_.begin();
    call_ = client_->start(std::move(what), *this);
    due_ = now_ + options_.silence_limit;
    pause_.set(0);
}

void entity_client::pause(std::string why) {
    problem_ = std::move(why);
    const auto length = backoff_.next();
    due_ = now_ + length;
    failures_.add();
    connected_.set(0);
    pause_.set(length.count());
}

void entity_client::on_message(std::span<const std::uint8_t> message) {
    auto response = parse_response(message);
    if (!response || !mirror_.take(std::move(*response))) {
        client_->cancel(std::exchange(call_, 0));
        pause(response ? "the server has more entities than may be kept" : "the server answers something else");
        return;
    }
    due_ = now_ + options_.silence_limit;
    if (mirror_.is_synced()) {
        backoff_.reset();
        problem_.clear();
        connected_.set(1);
    }
}

void entity_client::on_end(const grpc::outcome& how) {
    call_ = 0;
    if (how.why == grpc::code::unauthenticated) {
        token_.distrust();
    }
    pause(std::string(name(how.why)) + ": " + how.text);
}

void entity_client::publish_counts() {
    const mirror_counts& now = mirror_.counts();
    set_.add(now.set - told_.set);
    unset_.add(now.unset - told_.unset);
    silent_.add(now.silent - told_.silent);
    malformed_.add(now.malformed - told_.malformed);
    resyncs_.add(now.resyncs - told_.resyncs);
    told_ = now;
    entities_.set(static_cast<std::int64_t>(mirror_.size()));
}

}  // namespace sonde::common::entities
