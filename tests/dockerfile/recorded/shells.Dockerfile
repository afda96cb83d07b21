FROM alpine
SHELL ["/bin/sh", "-ec"]
RUN echo with e
SHELL ["/bin/busybox", "sh", "-c"]
RUN echo "quoted  blanks"	and a tab
RUN ["/bin/sh", "-c", "echo exec \"form\""]
CMD ["sh"]
