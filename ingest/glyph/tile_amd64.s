#include "textflag.h"

// func tileAVX2(c *float32, ldc int, a *float32, lda, runStride, runs, n int, b, bias *float32, relu int)
//
// Y0…Y7 hold four rows of sixteen sums; each step multiplies one value of each row of a with one
// row of b. Eight sums in flight hide the latency of the multiply-adds.
TEXT ·tileAVX2(SB), NOSPLIT, $0-80
	MOVQ c+0(FP), DI
	MOVQ ldc+8(FP), R8
	SHLQ $2, R8
	MOVQ a+16(FP), SI
	MOVQ lda+24(FP), R9
	SHLQ $2, R9
	MOVQ runStride+32(FP), R10
	SHLQ $2, R10
	MOVQ runs+40(FP), R11
	MOVQ n+48(FP), R12
	MOVQ b+56(FP), BX
	MOVQ bias+64(FP), DX
	LEAQ (R9)(R9*2), R13
	VMOVUPS (DX), Y0
	VMOVUPS 32(DX), Y1
	VMOVAPS Y0, Y2
	VMOVAPS Y1, Y3
	VMOVAPS Y0, Y4
	VMOVAPS Y1, Y5
	VMOVAPS Y0, Y6
	VMOVAPS Y1, Y7

run:
	MOVQ SI, AX
	MOVQ R12, CX

step:
	VMOVUPS (BX), Y8
	VMOVUPS 32(BX), Y9
	VBROADCASTSS (AX), Y10
	VBROADCASTSS (AX)(R9*1), Y11
	VBROADCASTSS (AX)(R9*2), Y12
	VBROADCASTSS (AX)(R13*1), Y13
	VFMADD231PS Y8, Y10, Y0
	VFMADD231PS Y9, Y10, Y1
	VFMADD231PS Y8, Y11, Y2
	VFMADD231PS Y9, Y11, Y3
	VFMADD231PS Y8, Y12, Y4
	VFMADD231PS Y9, Y12, Y5
	VFMADD231PS Y8, Y13, Y6
	VFMADD231PS Y9, Y13, Y7
	ADDQ $64, BX
	ADDQ $4, AX
	DECQ CX
	JNZ  step

	ADDQ R10, SI
	DECQ R11
	JNZ  run

	MOVQ  relu+72(FP), CX
	TESTQ CX, CX
	JZ    store
	VXORPS Y8, Y8, Y8
	VMAXPS Y8, Y0, Y0
	VMAXPS Y8, Y1, Y1
	VMAXPS Y8, Y2, Y2
	VMAXPS Y8, Y3, Y3
	VMAXPS Y8, Y4, Y4
	VMAXPS Y8, Y5, Y5
	VMAXPS Y8, Y6, Y6
	VMAXPS Y8, Y7, Y7

store:
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ R8, DI
	VMOVUPS Y2, (DI)
	VMOVUPS Y3, 32(DI)
	ADDQ R8, DI
	VMOVUPS Y4, (DI)
	VMOVUPS Y5, 32(DI)
	ADDQ R8, DI
	VMOVUPS Y6, (DI)
	VMOVUPS Y7, 32(DI)
	VZEROUPPER
	RET

// func tileAVX512(c *float32, ldc int, a *float32, lda, runStride, runs, n int, b, bias *float32, relu int)
//
// Z0…Z6 hold seven rows of sixteen sums. The values of a are broadcast as they are multiplied, two
// loads a cycle beside two multiply-adds.
TEXT ·tileAVX512(SB), NOSPLIT, $0-80
	MOVQ c+0(FP), DI
	MOVQ ldc+8(FP), R8
	SHLQ $2, R8
	MOVQ a+16(FP), SI
	MOVQ lda+24(FP), R9
	SHLQ $2, R9
	MOVQ runStride+32(FP), R10
	SHLQ $2, R10
	MOVQ runs+40(FP), R11
	MOVQ n+48(FP), R12
	MOVQ b+56(FP), BX
	MOVQ bias+64(FP), DX
	LEAQ (R9)(R9*2), R13
	VMOVUPS (DX), Z0
	VMOVAPS Z0, Z1
	VMOVAPS Z0, Z2
	VMOVAPS Z0, Z3
	VMOVAPS Z0, Z4
	VMOVAPS Z0, Z5
	VMOVAPS Z0, Z6

run512:
	MOVQ SI, AX
	LEAQ (SI)(R9*4), DX
	MOVQ R12, CX

step512:
	VMOVUPS (BX), Z8
	VFMADD231PS.BCST (AX), Z8, Z0
	VFMADD231PS.BCST (AX)(R9*1), Z8, Z1
	VFMADD231PS.BCST (AX)(R9*2), Z8, Z2
	VFMADD231PS.BCST (AX)(R13*1), Z8, Z3
	VFMADD231PS.BCST (DX), Z8, Z4
	VFMADD231PS.BCST (DX)(R9*1), Z8, Z5
	VFMADD231PS.BCST (DX)(R9*2), Z8, Z6
	ADDQ $64, BX
	ADDQ $4, AX
	ADDQ $4, DX
	DECQ CX
	JNZ  step512

	ADDQ R10, SI
	DECQ R11
	JNZ  run512

	MOVQ  relu+72(FP), CX
	TESTQ CX, CX
	JZ    store512
	VPXORQ Z8, Z8, Z8
	VMAXPS Z8, Z0, Z0
	VMAXPS Z8, Z1, Z1
	VMAXPS Z8, Z2, Z2
	VMAXPS Z8, Z3, Z3
	VMAXPS Z8, Z4, Z4
	VMAXPS Z8, Z5, Z5
	VMAXPS Z8, Z6, Z6

store512:
	VMOVUPS Z0, (DI)
	ADDQ R8, DI
	VMOVUPS Z1, (DI)
	ADDQ R8, DI
	VMOVUPS Z2, (DI)
	ADDQ R8, DI
	VMOVUPS Z3, (DI)
	ADDQ R8, DI
	VMOVUPS Z4, (DI)
	ADDQ R8, DI
	VMOVUPS Z5, (DI)
	ADDQ R8, DI
	VMOVUPS Z6, (DI)
	VZEROUPPER
	RET

// func cpuid(leaf, sub uint32) (a, b, c, d uint32)
TEXT ·cpuid(SB), NOSPLIT, $0-24
	MOVL leaf+0(FP), AX
	MOVL sub+4(FP), CX
	CPUID
	MOVL AX, a+8(FP)
	MOVL BX, b+12(FP)
	MOVL CX, c+16(FP)
	MOVL DX, d+20(FP)
	RET

// func xgetbv() (lo, hi uint32)
TEXT ·xgetbv(SB), NOSPLIT, $0-8
	XORL CX, CX
	XGETBV
	MOVL AX, lo+0(FP)
	MOVL DX, hi+4(FP)
	RET
