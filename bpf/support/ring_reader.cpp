// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/ring_reader.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <sys/epoll.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

namespace sonde::bpf {
namespace {

std::size_t page_size() noexcept { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

std::byte* map_pages(int fd, std::size_t size, int protection, std::size_t at) noexcept {
    void* const found = ::mmap(nullptr, size, protection, MAP_SHARED, fd, static_cast<off_t>(at));
    return found == MAP_FAILED ? nullptr : static_cast<std::byte*>(found);
}

std::unexpected<error> failed(std::string_view doing) {
    return fail(errc::failed, std::string(doing) + ": " + ::strerrordesc_np(errno));
}

}  // namespace

result<ring_reader> ring_reader::open(int map_fd) {
    bpf_map_info info{};
    std::uint32_t info_size = sizeof info;
    if (::bpf_obj_get_info_by_fd(map_fd, &info, &info_size) != 0) {
        return failed("asking for the size of the ring");
    }
    ring_reader opened;
    opened.size_ = info.max_entries;
    opened.consumer_ = map_pages(map_fd, page_size(), PROT_READ | PROT_WRITE, 0);
    opened.producer_ = map_pages(map_fd, page_size() + opened.size_, PROT_READ, page_size());
    if (opened.consumer_ == nullptr || opened.producer_ == nullptr) {
        return failed("mapping the ring");
    }
    opened.data_ = opened.producer_ + page_size();
    opened.edge_ = descriptor(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event wake{};
    wake.events = EPOLLIN | EPOLLET;
    if (!opened.edge_ || ::epoll_ctl(opened.edge_.number(), EPOLL_CTL_ADD, map_fd, &wake) != 0) {
        return failed("waiting for the ring");
    }
    return opened;
}

ring_reader::ring_reader(ring_reader&& other) noexcept { swap(other); }

ring_reader& ring_reader::operator=(ring_reader&& other) noexcept {
    swap(other);
    return *this;
}

ring_reader::~ring_reader() {
    if (consumer_ != nullptr) {
        ::munmap(consumer_, page_size());
    }
    if (producer_ != nullptr) {
        ::munmap(producer_, page_size() + size_);
    }
}

void ring_reader::swap(ring_reader& other) noexcept {
    std::swap(consumer_, other.consumer_);
    std::swap(producer_, other.producer_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(across_, other.across_);
    std::swap(edge_, other.edge_);
}

void ring_reader::acknowledge() noexcept {
    epoll_event ignored{};
    static_cast<void>(::epoll_wait(edge_.number(), &ignored, 1, 0));
}

std::span<const std::byte> ring_reader::whole(std::uint64_t from, std::uint32_t size) {
    const std::uint64_t before_end = from < size_ ? size_ - from : 0;
    if (size <= before_end) {
        return {data_ + from, size};
    }
    across_.assign(data_ + from, data_ + from + before_end);
    across_.insert(across_.end(), data_, data_ + (size - before_end));
    return across_;
}

std::uint64_t ring_reader::pending() const noexcept {
    return position(producer_).load(std::memory_order_acquire) - position(consumer_).load(std::memory_order_relaxed);
}

}  // namespace sonde::bpf
