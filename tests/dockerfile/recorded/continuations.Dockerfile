# syntax is not asked for here: a comment ends the directives

FROM alpine

  RUN   echo   first \
# a comment inside
  
    && echo second \   
    && echo third
RUN echo \
  \
  "fourth  \
  line"
	COPY	a	\
	b	/to/
RUN echo last \\
