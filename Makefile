# The front door. Meson and Ninja build; this file only knows in which order.
BUILD ?= build/release
LISTEN ?= 127.0.0.1:8080
DATA ?= ./var/demo

.PHONY: help run build program check bench web format tidy clean
.DEFAULT_GOAL := help

help:
	@echo "make run      安装所缺的软件包，构建，启动演示系统 http://$(LISTEN)（数据在 $(DATA)）"
	@echo "make build    构建 build/qifu"
	@echo "make check    全部检查与测试，最后一行为结果"
	@echo "make bench    性能测量，结果在 build/bench.tsv"
	@echo "make web      重新生成网页"
	@echo "make format   按 .clang-format 排版 C 源文件"
	@echo "make tidy     检查各模块的边界"
	@echo "make clean    删除构建结果（演示数据保留）"

run:
	@tools/install build
	@tools/web
	@$(MAKE) --no-print-directory program
	@mkdir -p $(DATA)
	@exec build/qifu demo --listen $(LISTEN) --data $(DATA)

build:
	@tools/install build
	@tools/web --if-missing
	@$(MAKE) --no-print-directory program

# The C side alone. The lock lets several people build in one tree.
program:
	@mkdir -p build
	@flock build/$(notdir $(BUILD)).lock sh -eu -c 'tools/configure $(BUILD); ninja -C $(BUILD) --quiet qifu'
	@ln -sfn $(abspath $(BUILD))/qifu build/qifu

check:
	@tools/check

bench:
	@tools/install build bench
	@tools/web
	@$(MAKE) --no-print-directory program
	@bench/run

web:
	@tools/install build
	@tools/web

format:
	@tools/sources all | xargs clang-format -i

tidy:
	@tools/tidy

clean:
	rm -rf build web/dist
