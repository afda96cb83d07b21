# escape=`
FROM alpine AS tools
ARG V=1
RUN echo one `
  && echo $V `
  # a comment
  && echo C:\tmp
COPY a `
     b /tools/
FROM tools
RUN echo "two`
three"
