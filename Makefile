# The front door. Meson and Ninja build; this file only knows in which order.
BUILD ?= build/release
LISTEN ?= 127.0.0.1:8080
DATA ?= ./var/demo

.PHONY: help build clean
.DEFAULT_GOAL := help

help:
	@echo "make build    build/qifu, the program"
	@echo "make clean    remove what was built"

build:
	@mkdir -p build
	@flock build/.lock tools/configure $(BUILD)
	@flock build/.lock ninja -C $(BUILD) --quiet qifu
	@ln -sfn $(abspath $(BUILD))/qifu build/qifu

clean:
	rm -rf build web/dist
