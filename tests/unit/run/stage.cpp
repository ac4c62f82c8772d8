// SPDX-License-Identifier: Apache-2.0
#include "stage.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "run/services.hpp"

namespace sonde::run::test {

namespace {

struct present_stage {
    std::mutex mutex;
    std::shared_ptr<stage> now;
};

present_stage& holder() {
    static present_stage one;
    return one;
}

}  // namespace

void door::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
}

void door::open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    opened_.notify_all();
}

void door::pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    opened_.wait(lock, [this] { return !closed_; });
    --waiting_;
}

int door::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
}

actor::actor(stage& on, std::string name)
    : stage_(on), name_(std::move(name)), orders_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void actor::publish(std::uint64_t count) {
    static_cast<void>(::write(orders_.value(), &count, sizeof count) == sizeof count);
}

std::uint64_t actor::take_orders() {
    std::uint64_t count = 0;
    return ::read(orders_.value(), &count, sizeof count) == sizeof count ? count : 0;
}

void actor::note(std::string_view what) { stage_.note(name_ + " " + std::string(what)); }

int actor::count(std::string_view what) const {
    const auto all = stage_.journal();
    return static_cast<int>(std::ranges::count(all, name_ + " " + std::string(what)));
}

void actor::take(std::uint64_t item) {
    const std::lock_guard lock(mutex_);
    taken_.push_back(item);
    ++items;
}

void actor::take_batch(const std::string& label) {
    const std::lock_guard lock(mutex_);
    ++batches_[label];
}

int actor::batches_of(const std::string& label) const {
    const std::lock_guard lock(mutex_);
    const auto found = batches_.find(label);
    return found == batches_.end() ? 0 : found->second;
}

void actor::note_idle() {
    const std::lock_guard lock(mutex_);
    idle_at_.insert(items);
    ++idles;
}

bool actor::was_idle_between(std::uint64_t least, std::uint64_t most) const {
    const std::lock_guard lock(mutex_);
    const auto next = idle_at_.upper_bound(least);
    return next != idle_at_.end() && *next < most;
}

std::vector<std::uint64_t> actor::taken() const {
    const std::lock_guard lock(mutex_);
    auto all = taken_;
    std::ranges::sort(all);
    return all;
}

void actor::set_label(std::string_view label) {
    const std::lock_guard lock(mutex_);
    label_ = label;
}

std::string actor::label() const {
    const std::lock_guard lock(mutex_);
    return label_;
}

std::shared_ptr<stage> stage::present() {
    const std::lock_guard lock(holder().mutex);
    return holder().now;
}

void stage::enter(std::shared_ptr<stage> next) {
    const std::lock_guard lock(holder().mutex);
    holder().now = std::move(next);
}

std::shared_ptr<actor> stage::actor_of(const sonde_host* on) {
    const auto now = present();
    // The actor refers to its stage, so whoever plays it keeps both.
    return {now, now->find(services::of(on).settings().instance).get()};
}

std::shared_ptr<actor> stage::find(std::string_view name) {
    const std::lock_guard lock(mutex_);
    auto found = actors_.find(name);
    if (found == actors_.end()) {
        found = actors_.emplace(name, std::make_shared<actor>(*this, std::string(name))).first;
    }
    return found->second;
}

void stage::open_all_doors() {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, each] : actors_) {
        for (door* at : {&each->at_start, &each->at_stop, &each->at_run, &each->at_consume, &each->at_call}) {
            at->open();
        }
    }
}

void stage::note(std::string line) {
    const std::lock_guard lock(mutex_);
    journal_.push_back(std::move(line));
}

std::vector<std::string> stage::journal() const {
    const std::lock_guard lock(mutex_);
    return journal_;
}

}  // namespace sonde::run::test
